package io.zerocopy.cli.proxy;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.address.Connections;
import io.zerocopy.cli.address.Listener;
import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Progress;
import io.zerocopy.cli.terminal.Quantities;

import java.io.IOException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Accepts clients, finds a back end for each, and has an engine move their bytes.
 *
 * <p>One thread does all of the first two, and never waits for a single peer. Only {@link #stop} is
 * for other threads.
 */
public final class TcpProxy implements AutoCloseable {
    /** So many clients are accepted before those that wait for a back end get their turn. */
    private static final int ACCEPTS_MAX = 64;

    /** How long nobody is accepted where a descriptor, or something else, is not to be had. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** How often time limits are looked at while somebody waits for a back end. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Listener listener;
    private final ProxyOptions options;
    private final RelayOptions relayOptions;
    private final BackEnds backEnds;
    private final Progress progress;
    private final Notices notices;
    private final Books books = new Books();
    private final Statistics statistics;
    private final RelayEngine engine;
    private final SpareDescriptors spares = new SpareDescriptors();
    private final Selector selector;
    private final SelectionKey accepting;

    /** Those that wait: for the answer of an address, or to try it again. */
    private final Set<Attempt> waiting = new LinkedHashSet<>();

    /** Those that have found a back end, until no selector has its socket. */
    private final List<Attempt> connected = new ArrayList<>();

    private long acceptingFromNanos = System.nanoTime();
    private long lookedNanos = System.nanoTime();
    private long drainEndNanos;
    private boolean isDraining;
    private volatile int stops;
    private volatile boolean isToldOfEnds;

    /** Takes over the listener, which is in blocking mode and not registered. */
    public TcpProxy(Listener listener, ProxyOptions options, Progress progress)
            throws IOException, CommandException {
        this.listener = listener;
        this.options = options;
        this.progress = progress;
        this.notices = new Notices(progress);
        this.statistics = new Statistics(books, progress);
        this.backEnds = new BackEnds(options.targets());
        // What is done at the end of a relay is so little that it needs no other thread.
        RelayOptions direct = RelayOptions.defaults().withExecutor(Runnable::run);
        this.relayOptions =
                options.idleTimeout() == null
                        ? direct
                        : direct.withIdleTimeout(options.idleTimeout());
        this.engine = RelayEngine.open(options.threads());
        this.selector = Selector.open();
        listener.channel().configureBlocking(false);
        this.accepting = listener.channel().register(selector, SelectionKey.OP_ACCEPT);
        spares.refill();
    }

    /**
     * The first time: accepts nobody any more, and ends when all connections have, or their time is
     * up. The second time: ends at once. From any thread.
     */
    public synchronized void stop() {
        stops++;
        selector.wakeup();
    }

    /** Serves until it is stopped; returns what it has done. */
    public String run() throws IOException {
        while (!isOver(System.nanoTime())) {
            accepting();
            select();
            selector.selectedKeys().forEach(this::serve);
            selector.selectedKeys().clear();
            lookAtWaiting();
            // Last, as both have found some: no event comes of those that are left over.
            handOver();
            statistics.showIfDue(System.nanoTime());
            if (stops > 0 && !isDraining) {
                drain();
            }
        }
        close();
        progress.clear();
        return statistics.summary();
    }

    /** Ends what is left. */
    @Override
    public void close() throws IOException {
        listener.close();
        cutOff(connected);
        cutOff(waiting);
        selector.close();
        spares.close();
        engine.close();
    }

    private void cutOff(Collection<Attempt> attempts) {
        attempts.forEach(Attempt::close);
        attempts.forEach(attempt -> books.cutOff());
        attempts.clear();
    }

    private boolean isOver(long now) {
        if (!isDraining) {
            return false;
        }
        boolean isEmpty = waiting.isEmpty() && connected.isEmpty() && books.openCount() == 0;
        return isEmpty || stops > 1 || now - drainEndNanos >= 0;
    }

    private void drain() throws IOException {
        isDraining = true;
        drainEndNanos = System.nanoTime() + options.drainTime().toNanos();
        listener.close();
        int left = books.openCount() + waiting.size();
        if (left > 0) {
            progress.line(
                    "stopping: "
                            + left
                            + " connections have "
                            + Quantities.time(options.drainTime())
                            + " to end; another signal ends them now");
        }
    }

    /** Lets the selector tell of new clients, or not. */
    private void accepting() {
        // Before the count is looked at: who ends after that wakes the selector.
        isToldOfEnds = true;
        boolean isFull = isFull();
        isToldOfEnds = isFull || stops > 0;
        if (accepting.isValid()) {
            accepting.interestOps(isFull || isPaused() ? 0 : SelectionKey.OP_ACCEPT);
        }
    }

    private boolean isFull() {
        int count = books.openCount() + waiting.size() + connected.size();
        return count >= options.connectionsMax();
    }

    private boolean isPaused() {
        return System.nanoTime() - acceptingFromNanos < 0;
    }

    private void select() throws IOException {
        long now = System.nanoTime();
        long left = statistics.leftNanos(now);
        if (!waiting.isEmpty()) {
            left = Math.min(left, LOOK_NANOS);
        }
        if (now - acceptingFromNanos < 0) {
            left = Math.min(left, acceptingFromNanos - now);
        }
        if (isDraining) {
            left = Math.min(left, drainEndNanos - now);
        }
        // None is for ever there.
        selector.select(Math.max(TimeUnit.NANOSECONDS.toMillis(left), 1));
    }

    private void serve(SelectionKey key) {
        if (!key.isValid()) {
            return;
        }
        if (key.isAcceptable()) {
            accept();
        } else {
            finishConnect((Attempt) key.attachment());
        }
    }

    private void accept() {
        for (int count = 0; count < ACCEPTS_MAX && !isFull() && !isPaused(); count++) {
            SocketChannel client;
            try {
                client = listener.channel().accept();
            } catch (IOException scarce) {
                pause("cannot accept", scarce);
                return;
            }
            if (client == null) {
                return;
            }
            books.accepted();
            tryNext(new Attempt(client, backEnds.inOrder()));
        }
    }

    /**
     * Mostly there are no descriptors left: those who are served are, the others wait. Whoever is
     * tried again in vain prolongs the pause.
     */
    private void pause(String what, IOException scarce) {
        notices.say(what + ": " + scarce.getMessage() + "; trying again and again");
        acceptingFromNanos = System.nanoTime() + PAUSE_NANOS;
    }

    private void tryNext(Attempt attempt) {
        while (attempt.next(System.nanoTime() + options.connectTimeout().toNanos())) {
            if (tryAddress(attempt)) {
                return;
            }
        }
        refuse(attempt);
    }

    private void refuse(Attempt attempt) {
        books.refused();
        attempt.close();
    }

    /** False if the address is no good. */
    private boolean tryAddress(Attempt attempt) {
        try {
            attempt.uses(Connections.open(attempt.address()));
        } catch (IOException scarce) {
            pause("cannot open a socket", scarce);
            retryLater(attempt);
            return true;
        }
        try {
            attempt.server().configureBlocking(false);
            if (attempt.server().connect(attempt.address())) {
                connected.add(attempt);
            } else if (attempt.address() instanceof UnixDomainSocketAddress) {
                // No event would tell of room.
                noGood(attempt, "its queue is full");
                return false;
            } else {
                attempt.waitsBy(
                        attempt.server().register(selector, SelectionKey.OP_CONNECT, attempt));
                waiting.add(attempt);
            }
            return true;
        } catch (IOException failure) {
            noGood(attempt, failure.getMessage());
            return false;
        }
    }

    private void retryLater(Attempt attempt) {
        attempt.retryLater();
        waiting.add(attempt);
    }

    private void noGood(Attempt attempt, String why) {
        attempt.closeServer();
        backEnds.failed(attempt.address());
        notices.say("back end " + Address.text(attempt.address()) + ": " + why);
    }

    private void finishConnect(Attempt attempt) {
        try {
            if (!attempt.server().finishConnect()) {
                return;
            }
            waiting.remove(attempt);
            attempt.leaveSelector();
            connected.add(attempt);
        } catch (IOException failure) {
            waiting.remove(attempt);
            noGood(attempt, failure.getMessage());
            tryNext(attempt);
        }
    }

    private void handOver() throws IOException {
        if (connected.isEmpty()) {
            return;
        }
        // Lets go of the sockets whose keys were cancelled.
        selector.selectNow();
        connected.forEach(this::start);
        connected.clear();
    }

    private void start(Attempt attempt) {
        try {
            backEnds.answered(attempt.address());
            sendAtOnce(attempt.client());
            sendAtOnce(attempt.server());
            begin(relay(attempt));
        } catch (SocketException | ClosedChannelException broken) {
            books.failed();
            attempt.close();
        } catch (IOException scarce) {
            pause("cannot relay", scarce);
            retryLater(attempt);
        }
    }

    private Relay relay(Attempt attempt) throws IOException {
        try {
            return engine.relay(attempt.client(), attempt.server(), relayOptions);
        } catch (SocketException | ClosedChannelException broken) {
            throw broken;
        } catch (IOException scarce) {
            if (!spares.release()) {
                throw scarce;
            }
            return engine.relay(attempt.client(), attempt.server(), relayOptions);
        } finally {
            spares.refill();
        }
    }

    private void begin(Relay relay) {
        books.started(relay);
        relay.closed()
                .thenAccept(
                        result -> {
                            books.ended(relay, result);
                            if (isToldOfEnds) {
                                selector.wakeup();
                            }
                        });
    }

    /** The peers know what they send; to wait for more of it is not for a proxy. */
    private static void sendAtOnce(SocketChannel socket) throws IOException {
        if (socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        }
    }

    private void lookAtWaiting() {
        long now = System.nanoTime();
        if (waiting.isEmpty() || now - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedNanos = now;
        for (Attempt attempt : new ArrayList<>(waiting)) {
            boolean isToRetry = attempt.takeRetry();
            if (isToRetry) {
                waiting.remove(attempt);
                tryAgain(attempt, now);
            } else if (attempt.isExpired(now)) {
                waiting.remove(attempt);
                noGood(attempt, "no answer in " + Quantities.time(options.connectTimeout()));
                tryNext(attempt);
            }
        }
    }

    private void tryAgain(Attempt attempt, long now) {
        if (attempt.isExpired(now)) {
            refuse(attempt);
        } else if (attempt.server() != null) {
            connected.add(attempt);
        } else if (!tryAddress(attempt)) {
            tryNext(attempt);
        }
    }
}
