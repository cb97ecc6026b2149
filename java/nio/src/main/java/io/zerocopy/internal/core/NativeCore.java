package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** The native core: loaded or not, and what works in it. */
public final class NativeCore {
    /** The version of the library, which the native core must have too. */
    public static final String VERSION = readVersion();

    private static final Throwable UNAVAILABILITY_CAUSE = load();
    private static final boolean AVAILABLE = UNAVAILABILITY_CAUSE == null;

    private NativeCore() {}

    /** Whether the core is loaded. A constant for the compiler. */
    public static boolean isAvailable() {
        return AVAILABLE;
    }

    /** Why it is not loaded, or null. */
    public static Throwable unavailabilityCause() {
        return UNAVAILABILITY_CAUSE;
    }

    /** Why a mechanism of the core can't be used, or null. Tries it for real. */
    public static String whyUnusable(Mechanism mechanism) {
        if (!AVAILABLE) {
            return "the native core is not loaded: " + UNAVAILABILITY_CAUSE.getMessage();
        }
        if (Settings.isDisabled(mechanism)) {
            return "disabled by -D" + Settings.DISABLE;
        }
        try {
            Natives.probe(mechanism.number());
            return null;
        } catch (SystemCallException e) {
            return e.text();
        }
    }

    /**
     * The lookup that may see the JDK's channels. Only the first caller in this JVM gets it.
     *
     * @return the lookup, or null
     */
    public static Object takeTrustedLookup() {
        return AVAILABLE ? Natives.trustedLookup() : null;
    }

    private static Throwable load() {
        for (String name : Settings.unknownNames()) {
            FallbackLog.warnOnce(
                    "-D" + Settings.DISABLE + " does not know the name \"" + name + "\"", null);
        }
        try {
            NativeLibrary.load();
            checkVersion();
            return null;
        } catch (UnsatisfiedLinkError | IllegalCallerException | SecurityException e) {
            FallbackLog.warnOnce("zerocopy-nio runs without its native core: " + e.getMessage(), e);
            return e;
        }
    }

    private static void checkVersion() {
        String version = Natives.version();
        if (!VERSION.equals(version)) {
            throw new UnsatisfiedLinkError(
                    "the native core is version "
                            + version
                            + " but the jar is version "
                            + VERSION
                            + ": remove the old library, or -D"
                            + Settings.LIBRARY_PATH);
        }
    }

    private static String readVersion() {
        try (InputStream in = NativeCore.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(in);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
