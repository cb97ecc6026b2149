package io.zerocopy.internal.relay;

import io.zerocopy.internal.core.NativeCore;

import java.io.IOException;

/** Which engine serves. */
public final class Engines {
    /** More threads than this are taken for a mistake. */
    public static final int THREADS_MAX = 256;

    private Engines() {}

    /**
     * Starts the native engine where it is to be had.
     *
     * @throws IOException if no descriptor or no thread is left
     */
    public static Engine open(int threads) throws IOException {
        throw new UnsupportedOperationException(
                "relays need the native core", NativeCore.unavailabilityCause());
    }
}
