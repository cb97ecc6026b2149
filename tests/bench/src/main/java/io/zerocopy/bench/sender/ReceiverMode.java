package io.zerocopy.bench.sender;

import java.util.Locale;

/** What the receiver does while there is nothing to take. */
public enum ReceiverMode {
    /** It sleeps, as most programs do, and has to be woken. */
    BLOCKING,
    /** It asks again at once, so that the time of waking it up does not hide the sender's. */
    SPINNING;

    /** How it is announced on the wire and in commands. */
    public char letter() {
        return word().charAt(0);
    }

    /** The name in reports and options. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static ReceiverMode of(String letter) {
        return letter.equals("b") ? BLOCKING : SPINNING;
    }
}
