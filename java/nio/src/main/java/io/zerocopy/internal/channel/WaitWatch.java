package io.zerocopy.internal.channel;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * The one thread that looks whether the waits of virtual threads have become pointless.
 *
 * <p>A virtual thread that is parked on one end of a transfer is not told that the other end was
 * closed, or the transfer cancelled. To wake up and look by itself costs 20 microseconds, which 20
 * times a second is a third of a core for a thousand threads; that somebody else looks costs next
 * to nothing. It is a daemon, runs nobody else's code, and ends when nobody has waited for a while.
 */
final class WaitWatch implements Runnable {
    /** The JDK repeats its own signal to a thread whose file is closed as often. */
    private static final long LOOK_NANOS = 50_000_000L;

    /** How many looks without anyone waiting it stays. */
    private static final int IDLE_LOOKS = 100;

    private static final Map<Thread, BooleanSupplier> WAITS = new ConcurrentHashMap<>();
    private static volatile boolean isRunning;

    private WaitWatch() {}

    /** A wait that may come back at any time. */
    @FunctionalInterface
    interface Wait {
        void run() throws IOException;
    }

    /**
     * Makes this virtual thread wait, and unparks it when {@code isPointless}, which any thread may
     * ask. The wait may be left for no reason.
     */
    static void watched(BooleanSupplier isPointless, Wait wait) throws IOException {
        Thread thread = Thread.currentThread();
        WAITS.put(thread, isPointless);
        try {
            if (!isRunning) {
                start();
            }
            // From here on it is seen by the watch.
            if (!isPointless.getAsBoolean()) {
                wait.run();
            }
        } finally {
            WAITS.remove(thread);
        }
    }

    @Override
    public void run() {
        int idleLooks = 0;
        // Ends when nobody has waited in so many looks.
        while (idleLooks < IDLE_LOOKS || !hasEnded()) {
            LockSupport.parkNanos(LOOK_NANOS);
            idleLooks = WAITS.isEmpty() ? idleLooks + 1 : 0;
            // One that is just about to park is unparked once more by the next look.
            WAITS.forEach(
                    (thread, isPointless) -> {
                        if (isPointless.getAsBoolean()) {
                            LockSupport.unpark(thread);
                        }
                    });
        }
    }

    private static synchronized void start() {
        if (!isRunning) {
            Thread thread = new Thread(null, new WaitWatch(), "zerocopy-nio-watch", 0, false);
            thread.setDaemon(true);
            thread.setContextClassLoader(null);
            thread.start();
            isRunning = true;
        }
    }

    /** Who comes after the question finds that it does not run, and starts it again. */
    private static synchronized boolean hasEnded() {
        isRunning = false;
        isRunning = !WAITS.isEmpty();
        return !isRunning;
    }
}
