package io.zerocopy.cli.proxy;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Descriptors that are kept for when there are no others: a relay needs two more for the moment in
 * which it takes over its sockets. Without them, those who wait for that moment would hold all that
 * there are.
 */
final class SpareDescriptors implements AutoCloseable {
    private static final int COUNT = 2;

    private final Deque<SocketChannel> spares = new ArrayDeque<>();

    /** Takes as many as there should be, if they are to be had. */
    void refill() {
        try {
            while (spares.size() < COUNT) {
                spares.push(SocketChannel.open());
            }
        } catch (IOException scarce) {
            // The next time, then.
            return;
        }
    }

    /** Gives them back to the process; false if there were none. */
    boolean release() {
        boolean hadSome = !spares.isEmpty();
        while (!spares.isEmpty()) {
            try {
                spares.pop().close();
            } catch (IOException gone) {
                // Its descriptor is given back all the same.
                continue;
            }
        }
        return hadSome;
    }

    @Override
    public void close() {
        release();
    }
}
