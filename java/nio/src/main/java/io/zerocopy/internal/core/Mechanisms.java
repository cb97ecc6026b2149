package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

/** The mechanisms by their numbers in the native core. */
public final class Mechanisms {
    private Mechanisms() {}

    /** The mechanism with this number, or null where this version has none. */
    public static Mechanism withNumber(int number) {
        for (Mechanism mechanism : Mechanism.values()) {
            if (mechanism.number() == number) {
                return mechanism;
            }
        }
        return null;
    }
}
