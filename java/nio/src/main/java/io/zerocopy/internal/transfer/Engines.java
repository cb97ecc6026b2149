package io.zerocopy.internal.transfer;

import java.io.IOException;
import java.util.List;

/** Picks the engine for a transfer. */
public final class Engines {
    private Engines() {}

    /**
     * Makes the engine that serves {@code request}.
     *
     * @throws IOException if an end can't be looked at, or the one mechanism that was asked for
     *     can't serve
     */
    public static Engine open(Request request) throws IOException {
        return new BufferEngine(request, List.of());
    }
}
