package io.zerocopy.internal.relay;

import io.zerocopy.internal.core.NativeCore;

import java.io.IOException;

/** Which engine serves. */
public final class Engines {
    /** More threads than this are taken for a mistake. */
    public static final int THREADS_MAX = 256;

    private Engines() {}

    /**
     * Starts the engine of Java.
     *
     * @throws IOException if no descriptor or no thread is left
     */
    public static Engine open(int threads) throws IOException {
        return new JdkEngine(threads, whyNotNative());
    }

    private static String whyNotNative() {
        if (!NativeCore.isAvailable()) {
            return "the native core is not loaded: "
                    + NativeCore.unavailabilityCause().getMessage();
        }
        return "the native core can't serve relays yet";
    }
}
