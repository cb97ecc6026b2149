package io.zerocopy.cli.delivery;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.zip.CRC32C;

/** How both sides make sure that they have the same bytes. */
public enum Checksum {
    /** What {@code sha256sum} prints. */
    SHA256('S', 32) {
        @Override
        Computation begin() {
            MessageDigest digest = sha256();
            return new Computation() {
                @Override
                public void update(byte[] bytes, int count) {
                    digest.update(bytes, 0, count);
                }

                @Override
                public byte[] value() {
                    return digest.digest();
                }
            };
        }
    },

    /** Ten times as fast, and no protection against anybody who means harm. */
    CRC32C('C', 4) {
        @Override
        Computation begin() {
            CRC32C crc = new CRC32C();
            return new Computation() {
                @Override
                public void update(byte[] bytes, int count) {
                    crc.update(bytes, 0, count);
                }

                @Override
                public byte[] value() {
                    int value = (int) crc.getValue();
                    return new byte[] {
                        (byte) (value >>> 24),
                        (byte) (value >>> 16),
                        (byte) (value >>> 8),
                        (byte) value
                    };
                }
            };
        }
    };

    private final char code;
    private final int bytes;

    Checksum(char code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** A computation that is going on. */
    interface Computation {
        void update(byte[] bytes, int count);

        byte[] value();
    }

    abstract Computation begin();

    /** Its name on the wire. */
    byte code() {
        return (byte) code;
    }

    /** The length of a value. */
    int bytes() {
        return bytes;
    }

    /** The one with this name on the wire; null if there is none. */
    static Checksum of(byte code) {
        for (Checksum checksum : values()) {
            if (checksum.code() == code) {
                return checksum;
            }
        }
        return null;
    }

    /** As it is written on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new AssertionError(everyJdkHasIt);
        }
    }
}
