package io.zerocopy.internal.relay;

import io.zerocopy.RelayEnd;
import io.zerocopy.internal.core.FallbackLog;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjLongConsumer;

/** One thread of an engine without the native core: waits by a selector, and lets relays move. */
final class JdkLoop implements Runnable {
    /** How often it looks for channels that somebody has closed: nothing tells it. */
    private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Selector selector = Selector.open();
    private final JdkRelays relays = new JdkRelays();
    private final List<JdkRelay> finished = new ArrayList<>();
    private final AtomicInteger relayCount = new AtomicInteger();
    private final long originNanos = System.nanoTime();
    private final ObjLongConsumer<JdkRelay> whenOver;
    private final Thread thread;
    private boolean isStopping;
    private long tickNanos;

    /** Left by others. Null once the thread takes no more; guarded by this. */
    private List<Runnable> commands = new ArrayList<>();

    /**
     * A loop that has not started.
     *
     * @param whenOver what it tells, on its thread, of each relay that is over and for how long it
     *     has lasted; must not block
     */
    JdkLoop(ObjLongConsumer<JdkRelay> whenOver) throws IOException {
        this.whenOver = whenOver;
        thread = new Thread(null, this, "zerocopy-nio-relays", 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
    }

    /** Starts the thread; without one, nothing is left of the loop. */
    void start() throws IOException {
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            closeSelector();
            throw new IOException("no thread is left for relays: " + e.getMessage(), e);
        }
    }

    /** How many relays the thread has, those on their way to it included. */
    int relayCount() {
        return relayCount.get();
    }

    /** The time that all moments of its relays are of: never negative, and from any thread. */
    long nowNanos() {
        return System.nanoTime() - originNanos;
    }

    Selector selector() {
        return selector;
    }

    /** Takes a relay, both sockets of which are registered; false where the thread has stopped. */
    boolean add(JdkRelay relay) {
        relayCount.incrementAndGet();
        boolean isTaken = put(() -> obeyAdd(relay));
        if (!isTaken) {
            relayCount.decrementAndGet();
        }
        return isTaken;
    }

    /** Ends a relay at once, unless it is over. */
    void close(JdkRelay relay) {
        put(() -> relays.finish(relay, RelayEnd.CLOSED, null));
    }

    /** Ends all relays and then the thread, without waiting for that. */
    void stop() {
        put(
                () -> {
                    isStopping = true;
                    relays.finishAll(RelayEnd.CLOSED, null);
                });
    }

    /** Waits until the thread has ended, also where this one is interrupted, which it stays. */
    void join() {
        boolean wasInterrupted = false;
        // Ends with the thread; each interrupt is taken once.
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void run() {
        try {
            // Ends with the command to stop, after which the next round ends all relays, those that
            // others have just started included.
            while (!(isStopping && relays.count() == 0 && takesNoMore())) {
                select();
                takeCommands().forEach(Runnable::run);
                tick();
                relays.round(nowNanos(), finished);
                closeFinished();
            }
        } catch (IOException | RuntimeException | Error e) {
            String text = "zerocopy-nio: the relays of a thread end, as its selector fails: " + e;
            FallbackLog.warnOnce(text, e);
            endAll(new IOException(text, e));
        } finally {
            closeSelector();
        }
    }

    private void obeyAdd(JdkRelay relay) {
        relays.add(relay);
        if (isStopping) {
            relays.finish(relay, RelayEnd.CLOSED, null);
        }
    }

    private void select() throws IOException {
        // An interrupt would end every wait, and there is nobody here to be interrupted.
        Thread.interrupted();
        // That there are commands is asked too, as the selection for closing takes the wake-up
        // away.
        if (relays.hasTurns() || hasCommands()) {
            selector.selectNow(this::note);
            return;
        }
        long dueNanos =
                Math.min(relays.deadlineNanos(), relays.count() > 0 ? tickNanos : Long.MAX_VALUE);
        if (dueNanos == JdkRelay.NEVER) {
            selector.select(this::note);
            return;
        }
        long leftNanos = dueNanos - nowNanos();
        if (leftNanos <= 0) {
            selector.selectNow(this::note);
        } else {
            long nanosInMilli = TimeUnit.MILLISECONDS.toNanos(1);
            selector.select(this::note, (leftNanos + nanosInMilli - 1) / nanosInMilli);
        }
    }

    private void note(SelectionKey key) {
        relays.note((JdkSocket) key.attachment(), key.readyOps());
    }

    private void tick() {
        long nowNanos = nowNanos();
        if (nowNanos >= tickNanos) {
            tickNanos = nowNanos + TICK_NANOS;
            relays.finishStolen();
        }
    }

    private void closeFinished() throws IOException {
        if (finished.isEmpty()) {
            return;
        }
        finished.forEach(JdkRelay::deregister);
        // A socket is closed where no selector has it, and not before: else it would send an end in
        // place of a reset.
        selector.selectNow(this::note);
        tellFinished();
    }

    private void tellFinished() {
        for (JdkRelay relay : finished) {
            relay.close();
            relayCount.decrementAndGet();
            whenOver.accept(relay, relay.elapsedNanos(nowNanos()));
        }
        finished.clear();
    }

    private void endAll(IOException why) {
        // Ends when nobody has started another one meanwhile.
        do {
            takeCommands().forEach(Runnable::run);
            relays.finishAll(RelayEnd.SOURCE_FAILED, why);
            relays.round(nowNanos(), finished);
            closeSelector();
            tellFinished();
        } while (!takesNoMore());
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException e) {
            // Its descriptors are gone also where closing them fails.
        }
    }

    private boolean put(Runnable command) {
        synchronized (this) {
            if (commands == null) {
                return false;
            }
            commands.add(command);
            if (commands.size() > 1) {
                // One that was left before has woken the thread, or is about to.
                return true;
            }
        }
        selector.wakeup();
        return true;
    }

    private synchronized boolean hasCommands() {
        return !commands.isEmpty();
    }

    private synchronized List<Runnable> takeCommands() {
        List<Runnable> taken = commands;
        commands = new ArrayList<>();
        return taken;
    }

    /** Takes no more commands, unless there are some. */
    private synchronized boolean takesNoMore() {
        if (commands.isEmpty()) {
            commands = null;
        }
        return commands == null;
    }
}
