package io.zerocopy.cli.delivery;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/** What the two sides say to each other around the bytes: a kind, two bytes of length, content. */
record Message(Kind kind, byte[] content) {
    private static final int HEAD_BYTES = 3;
    private static final int CONTENT_BYTES_MAX = 1024;

    /** By what it begins with on the wire. */
    enum Kind {
        /** The receiver wants the bytes. */
        READY('R'),
        /** Either side still computes its checksum; said every second. */
        WORKING('W'),
        /** The sender's checksum. */
        CHECKSUM('S'),
        /** The receiver has the bytes, all and right, under the name that was asked for. */
        STORED('D'),
        /** The receiver has given up; the content says why. */
        FAILED('F');

        private final byte code;

        Kind(char code) {
            this.code = (byte) code;
        }
    }

    static Message of(Kind kind) {
        return new Message(kind, new byte[0]);
    }

    /** With a text that a person can act on. */
    static Message failed(String why) {
        byte[] text = why.getBytes(StandardCharsets.UTF_8);
        return new Message(
                Kind.FAILED, Arrays.copyOf(text, Math.min(text.length, CONTENT_BYTES_MAX)));
    }

    /** The content as a text, without what could change the terminal of the reader. */
    String text() {
        return new String(content, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?");
    }

    void write(Talk talk, Duration limit) throws IOException {
        byte[] wire =
                ByteBuffer.allocate(HEAD_BYTES + content.length)
                        .put(kind.code)
                        .putShort((short) content.length)
                        .put(content)
                        .array();
        talk.write(wire, limit);
    }

    static Message read(Talk talk, Duration limit) throws IOException {
        ByteBuffer head = talk.read(HEAD_BYTES, limit);
        byte code = head.get();
        int length = Short.toUnsignedInt(head.getShort());
        for (Kind kind : Kind.values()) {
            if (kind.code == code && length <= CONTENT_BYTES_MAX) {
                return new Message(kind, talk.read(length, limit).array());
            }
        }
        throw new ProtocolException("the other side speaks another protocol");
    }

    /** The next one that is not {@link Kind#WORKING}, each within the limit. */
    static Message readPastWork(Talk talk, Duration limit) throws IOException {
        Message message = read(talk, limit);
        while (message.kind == Kind.WORKING) {
            message = read(talk, limit);
        }
        return message;
    }
}
