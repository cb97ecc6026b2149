package io.zerocopy.internal.relay;

import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.RelayNatives;

import java.util.concurrent.TimeUnit;

/**
 * The one thread of the JVM that learns of the ends of an engine's relays, in batches, and has
 * their results handed over.
 *
 * <p>It is a daemon, and ends when there was no relay for a while; the next one starts it again.
 */
final class Collector implements Runnable {
    /** It is woken for everything but the end of its own time. */
    private static final int WAIT_MILLIS = 1000;

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final int BATCH_RELAYS = 64;

    private final NativeEngine engine;
    private final long[] relays = new long[BATCH_RELAYS * RelayNatives.LONGS_PER_RELAY];
    private final Object[] failures = new Object[2 * BATCH_RELAYS];

    private Collector(NativeEngine engine) {
        this.engine = engine;
    }

    static Thread start(NativeEngine engine) {
        Thread thread = new Thread(null, new Collector(engine), "zerocopy-nio-relays", 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
        return thread;
    }

    @Override
    public void run() {
        long idleSinceNanos = System.nanoTime();
        // Ends when the engine is closed, or had nothing to do for so long.
        while (!engine.isCollected(System.nanoTime() - idleSinceNanos >= IDLE_NANOS)) {
            try {
                engine.awaitCompleted(WAIT_MILLIS);
                collect();
            } catch (RuntimeException | Error e) {
                FallbackLog.warnOnce("zerocopy-nio can't take the results of relays: " + e, e);
            }
            if (engine.relayCount() > 0) {
                idleSinceNanos = System.nanoTime();
            }
        }
    }

    private void collect() {
        int count = engine.collect(relays, failures);
        // Ends: no engine has more relays than there are descriptors.
        while (count == BATCH_RELAYS) {
            count = engine.collect(relays, failures);
        }
    }
}
