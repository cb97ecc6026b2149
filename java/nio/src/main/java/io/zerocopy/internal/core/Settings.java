package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The system properties of the library, read once. */
public final class Settings {
    /** The file to load the native core from; nothing else is tried then. */
    public static final String LIBRARY_PATH = "io.zerocopy.library.path";

    /** The folder to extract the native core to; it must allow executable code. */
    public static final String TEMPORARY_FOLDER = "io.zerocopy.tmpdir";

    /**
     * The kill switch: {@code all}, or names of mechanisms in lower case with commas between them,
     * or {@code guard} for the handles into the JDK's channels.
     */
    public static final String DISABLE = "io.zerocopy.disable";

    private static final Set<String> DISABLED =
            Arrays.stream(System.getProperty(DISABLE, "").split(","))
                    .map(name -> name.trim().toLowerCase(Locale.ROOT))
                    .filter(name -> !name.isEmpty())
                    .collect(Collectors.toUnmodifiableSet());

    private static final int ALLOWED_MECHANISM_BITS = computeAllowedMechanismBits();

    private Settings() {}

    /** Whether the native core must not be loaded: it could do nothing without a mechanism. */
    static boolean isCoreDisabled() {
        return DISABLED.contains("all")
                || isDisabled(Mechanism.SENDFILE) && isDisabled(Mechanism.COPY);
    }

    /** Whether the channels of the JDK must be treated like foreign ones. */
    public static boolean isGuardDisabled() {
        return DISABLED.contains("guard");
    }

    static boolean isDisabled(Mechanism mechanism) {
        return DISABLED.contains(nameOf(mechanism));
    }

    /** The mechanisms that the native core may use, as bits by their numbers. */
    public static int allowedMechanismBits() {
        return ALLOWED_MECHANISM_BITS;
    }

    /** Every name that the kill switch does not know, so that a misspelt one is not silent. */
    static Set<String> unknownNames() {
        Set<String> known =
                Arrays.stream(Mechanism.values()).map(Settings::nameOf).collect(Collectors.toSet());
        known.add("all");
        known.add("guard");
        return DISABLED.stream().filter(name -> !known.contains(name)).collect(Collectors.toSet());
    }

    private static int computeAllowedMechanismBits() {
        int allowed = -1;
        for (Mechanism mechanism : Mechanism.values()) {
            if (isDisabled(mechanism)) {
                allowed &= ~(1 << mechanism.number());
            }
        }
        return allowed;
    }

    private static String nameOf(Mechanism mechanism) {
        return mechanism.name().toLowerCase(Locale.ROOT);
    }
}
