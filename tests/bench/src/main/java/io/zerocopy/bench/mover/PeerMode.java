package io.zerocopy.bench.mover;

import java.util.Locale;

/** What the peer does with a connection; {@code tests/bench/c/shared/wire.h} explains. */
public enum PeerMode {
    /** It discards, and sleeps while there is nothing, as most programs do: it has to be woken. */
    BLOCKING,
    /** It discards, and asks again at once: waking it up does not hide the mover's own time. */
    SPINNING,
    /** It reads into memory, and sleeps while there is nothing. */
    READING,
    /** It sends. */
    FEEDING,
    /** It takes from a pipe what is announced on this connection. */
    PIPE;

    /** How it is announced on the wire and in commands. */
    public char letter() {
        return word().charAt(0);
    }

    /** The name in reports and options. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static PeerMode of(String letter) {
        for (PeerMode mode : values()) {
            if (letter.equals("" + mode.letter())) {
                return mode;
            }
        }
        throw new IllegalArgumentException("no mode of the peer: " + letter);
    }
}
