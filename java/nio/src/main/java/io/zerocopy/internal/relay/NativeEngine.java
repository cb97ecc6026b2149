package io.zerocopy.internal.relay;

import io.zerocopy.internal.channel.Detachment;
import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.RelayNatives;
import io.zerocopy.internal.core.Settings;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.sender.SenderExclusion;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The threads of the native core.
 *
 * <p>Java knows each relay by a tag of its own, so that one that is over before the call that has
 * started it returns is known as well. One that nobody closes and nobody can reach is closed by a
 * cleaner; as long as it has relays, its {@link Collector} reaches it.
 */
final class NativeEngine implements Engine {
    private static final Cleaner CLEANER = Cleaner.create();

    private final long number;
    private final Cleaner.Cleanable cleanable;
    private final Map<Long, NativeRelay> relays = new ConcurrentHashMap<>();
    private final AtomicLong lastTag = new AtomicLong();

    /** Held while completions are taken and noted, so that none is taken and not noted. */
    private final ReentrantLock takeLock = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** How many calls are about to start a relay. Guarded by the lock, as what follows. */
    private int starting;

    private Thread collector;
    private volatile boolean isClosed;
    private boolean isStopped;
    private boolean isFreedByCollector;

    private NativeEngine(long number) {
        this.number = number;
        this.cleanable = CLEANER.register(this, () -> free(number));
    }

    static NativeEngine open(int threads) throws IOException {
        return new NativeEngine(RelayNatives.open(threads));
    }

    @Override
    public Running relay(SocketChannel a, SocketChannel b, Request request, Listener listener)
            throws IOException {
        return start(request, listener, true, () -> detach(a, b));
    }

    @Override
    public Running relay(int a, int b, Request request, Listener listener) throws IOException {
        return start(request, listener, false, () -> Detachment.duplicate(a, b));
    }

    @Override
    public int relayCount() {
        return relays.size();
    }

    @Override
    public boolean isClosed() {
        return isClosed;
    }

    @Override
    public void close() {
        if (!beginClose()) {
            return;
        }
        try {
            RelayNatives.stop(number);
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        }
        lock.lock();
        try {
            isStopped = true;
            if (collector == Thread.currentThread()) {
                isFreedByCollector = true;
                return;
            }
            // Ends: it has been woken, and no completion follows those that there are.
            while (collector != null) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
        cleanable.clean();
    }

    /** Returns when no call is about to start a relay any more; false if it was closed before. */
    private boolean beginClose() {
        lock.lock();
        try {
            if (isClosed) {
                return false;
            }
            isClosed = true;
            while (starting > 0) {
                changed.awaitUninterruptibly();
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Where the descriptors of a relay come from, which are its own. */
    @FunctionalInterface
    private interface Descriptors {
        int[] take() throws IOException;
    }

    private Running start(
            Request request, Listener listener, boolean wasConnected, Descriptors descriptors)
            throws IOException {
        byte[] prefaceToB = bytes(request.prefaceToB());
        byte[] prefaceToA = bytes(request.prefaceToA());
        NativeRelay relay = new NativeRelay(this, listener);
        long tag = lastTag.incrementAndGet();
        beginStart(tag, relay);
        int[] taken = {};
        boolean isStarted = false;
        try {
            taken = descriptors.take();
            relay.begin(
                    RelayNatives.relay(
                            number,
                            taken[0],
                            taken[1],
                            wasConnected,
                            tag,
                            prefaceToB,
                            prefaceToA,
                            request.idleNanos(),
                            request.lastsNanos(),
                            request.bytesPerSecond(),
                            Settings.allowedMechanismBits()));
            isStarted = true;
            return relay;
        } finally {
            if (!isStarted) {
                relays.remove(tag);
                for (int descriptor : taken) {
                    RelayNatives.closeDescriptor(descriptor);
                }
            }
            endStart();
        }
    }

    private void beginStart(long tag, NativeRelay relay) {
        lock.lock();
        try {
            if (isClosed) {
                throw new IllegalStateException("the engine is closed");
            }
            if (collector == null) {
                collector = Collector.start(this);
            }
            relays.put(tag, relay);
            starting++;
        } finally {
            lock.unlock();
        }
    }

    private void endStart() {
        lock.lock();
        try {
            starting--;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static int[] detach(SocketChannel a, SocketChannel b) throws IOException {
        SenderExclusion ofA = new SenderExclusion(a);
        SenderExclusion ofB = new SenderExclusion(b);
        boolean isDetached = false;
        try {
            int[] descriptors =
                    Detachment.detach(
                            a,
                            b,
                            () -> {
                                RelayChecks.check(a, b);
                                ofA.take();
                                ofB.take();
                            });
            isDetached = true;
            return descriptors;
        } finally {
            if (!isDetached) {
                ofA.giveBack();
                ofB.giveBack();
            }
        }
    }

    /** What was delivered, or {@link RelayNatives#OVER} once the relay knows that itself. */
    long delivered(long relay, int way) {
        try {
            long count = RelayNatives.delivered(number, relay, way);
            if (count != RelayNatives.OVER) {
                return count;
            }
        } catch (SystemCallException e) {
            // The engine was freed, and all of its relays were told before.
        }
        takeLock.lock();
        takeLock.unlock();
        return RelayNatives.OVER;
    }

    void closeRelay(long relay) {
        try {
            RelayNatives.closeRelay(number, relay);
        } catch (SystemCallException e) {
            // The engine was freed, and all of its relays were over before.
        }
    }

    /** Waits until there is something to collect, or to look at; for so long at most. */
    void awaitCompleted(int limitMillis) {
        try {
            RelayNatives.awaitCompleted(number, limitMillis);
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hands over the results of relays that are over, at most as many as the arrays hold. */
    int collect(long[] longs, Object[] failures) {
        int count = take(longs, failures);
        for (int index = 0; index < count; index++) {
            int from = index * RelayNatives.LONGS_PER_RELAY;
            Long tag = longs[from + RelayNatives.TAG];
            try {
                IOException toB = (IOException) failures[2 * index];
                IOException toA = (IOException) failures[2 * index + 1];
                // It counts no more when others hear of its end.
                relays.remove(tag).tell(longs, from, toB, toA);
            } catch (RuntimeException | Error e) {
                // What goes wrong with one must not cost the others their results.
                FallbackLog.warnOnce("zerocopy-nio can't tell the result of a relay: " + e, e);
            } finally {
                failures[2 * index] = null;
                failures[2 * index + 1] = null;
            }
        }
        return count;
    }

    private int take(long[] longs, Object[] failures) {
        takeLock.lock();
        try {
            int count = RelayNatives.takeCompleted(number, longs, failures);
            for (int index = 0; index < count; index++) {
                int from = index * RelayNatives.LONGS_PER_RELAY;
                relays.get(longs[from + RelayNatives.TAG]).note(longs, from);
            }
            return count;
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        } finally {
            takeLock.unlock();
        }
    }

    /** Whether nothing is left to the collector, which ends then. */
    boolean isCollected(boolean isIdle) {
        lock.lock();
        try {
            boolean isOver = relays.isEmpty() && starting == 0 && (isStopped || isIdle);
            if (isOver) {
                collector = null;
                changed.signalAll();
                if (isFreedByCollector) {
                    cleanable.clean();
                }
            }
            return isOver;
        } finally {
            lock.unlock();
        }
    }

    private static void free(long number) {
        try {
            RelayNatives.free(number);
        } catch (SystemCallException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(ByteBuffer preface) {
        byte[] bytes = new byte[preface.remaining()];
        preface.get(bytes);
        return bytes;
    }
}
