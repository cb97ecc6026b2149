package io.zerocopy.internal.core;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Says once for each cause that something falls back, so that it is neither silent nor a flood. */
public final class FallbackLog {
    private static final Set<String> SAID = ConcurrentHashMap.newKeySet();

    private FallbackLog() {}

    /** Logs {@code text} as a WARNING of {@code io.zerocopy}, the first time it is said. */
    public static void warnOnce(String text, Throwable cause) {
        if (SAID.add(text)) {
            System.getLogger("io.zerocopy").log(System.Logger.Level.WARNING, text, cause);
        }
    }
}
