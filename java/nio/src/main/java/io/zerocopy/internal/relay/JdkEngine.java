package io.zerocopy.internal.relay;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;
import io.zerocopy.RelayEnd;
import io.zerocopy.internal.core.Counters;
import io.zerocopy.internal.transfer.Pace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Relays without the native core: threads of Java that copy through direct buffers.
 *
 * <p>Nobody but native code can take a socket away from its channel, so the channels themselves are
 * what a relay has. It registers them, and closes them when it is over.
 */
final class JdkEngine implements Engine {
    private final List<JdkLoop> loops = new ArrayList<>();
    private final List<Fallback> reasons;
    private final RelayTeller teller = new RelayTeller();
    private final AtomicLong lastNumber = new AtomicLong();
    private final AtomicInteger relayCount = new AtomicInteger();
    private volatile boolean isClosed;

    /**
     * Starts so many threads.
     *
     * @param whyNotNative why the native core does not serve
     * @throws IOException if no descriptor is left
     */
    JdkEngine(int threads, String whyNotNative) throws IOException {
        reasons = List.of(new Fallback(Mechanism.SPLICE, 0, whyNotNative));
        try {
            for (int index = 0; index < threads; index++) {
                JdkLoop loop = new JdkLoop(this::whenOver);
                loops.add(loop);
                loop.start();
            }
        } catch (IOException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    @Override
    public Running relay(SocketChannel a, SocketChannel b, Request request, Listener listener)
            throws IOException {
        if (isClosed) {
            throw closed();
        }
        boolean wasBlocking = a.isBlocking();
        boolean otherWasBlocking = b.isBlocking();
        JdkSocket[] sockets = {
            new JdkSocket(a, JdkSocket.isTcp(a)), new JdkSocket(b, JdkSocket.isTcp(b))
        };
        try {
            a.configureBlocking(false);
            b.configureBlocking(false);
            return start(sockets, request, listener);
        } catch (IOException | RuntimeException | Error e) {
            for (JdkSocket socket : sockets) {
                socket.giveBack();
            }
            restore(a, wasBlocking, e);
            restore(b, otherWasBlocking, e);
            throw e;
        }
    }

    @Override
    public Running relay(int a, int b, Request request, Listener listener) {
        throw new UnsupportedOperationException(
                "relays between descriptors need the native core: " + reasons.get(0).cause());
    }

    @Override
    public int relayCount() {
        return relayCount.get();
    }

    @Override
    public boolean isClosed() {
        return isClosed;
    }

    @Override
    public void close() {
        isClosed = true;
        loops.forEach(JdkLoop::stop);
        loops.forEach(JdkLoop::join);
        teller.close();
    }

    private Running start(JdkSocket[] sockets, Request request, Listener listener)
            throws IOException {
        JdkLoop loop = loops.stream().min(Comparator.comparingInt(JdkLoop::relayCount)).get();
        JdkFlow[] flows = {
            flow(request.prefaceToB(), request, loop), flow(request.prefaceToA(), request, loop)
        };
        JdkRelay relay =
                new JdkRelay(
                        lastNumber.incrementAndGet(),
                        sockets,
                        flows,
                        limit(request.idleNanos()),
                        limit(request.lastsNanos()),
                        loop.nowNanos(),
                        listener);
        try {
            sockets[0].register(loop.selector());
            sockets[1].register(loop.selector());
        } catch (ClosedSelectorException e) {
            throw closed();
        }
        relayCount.incrementAndGet();
        if (!loop.add(relay)) {
            relayCount.decrementAndGet();
            throw closed();
        }
        return new JdkRunning(loop, relay);
    }

    private static JdkFlow flow(ByteBuffer preface, Request request, JdkLoop loop) {
        long rate = request.bytesPerSecond();
        Pace pace = rate == Request.NO_LIMIT ? null : new Pace(rate, loop.nowNanos());
        return new JdkFlow(preface, pace);
    }

    private static long limit(long nanos) {
        return nanos == Request.NO_LIMIT ? JdkRelay.NEVER : nanos;
    }

    /** Called on the thread of the relay, which does not wait for the listener. */
    private void whenOver(JdkRelay relay, long elapsedNanos) {
        FlowAccount aToB = account(relay.flow(0));
        FlowAccount bToA = account(relay.flow(1));
        Counters.addTransfer(Mechanism.JDK, aToB.delivered());
        Counters.addTransfer(Mechanism.JDK, bToA.delivered());
        teller.tell(
                () -> {
                    relayCount.decrementAndGet();
                    relay.listener().ended(aToB, bToA, elapsedNanos);
                });
    }

    private FlowAccount account(JdkFlow flow) {
        boolean hasFailed =
                flow.end() == RelayEnd.SOURCE_FAILED || flow.end() == RelayEnd.TARGET_FAILED;
        return new FlowAccount(
                flow.delivered(),
                flow.consumed(),
                flow.end(),
                hasFailed ? flow.failure() : null,
                flow.delivered() > 0 ? Set.of(Mechanism.JDK) : Set.of(),
                reasons);
    }

    /** Puts a channel back into the mode that it had, where nothing was taken over. */
    private static void restore(SocketChannel channel, boolean isBlocking, Throwable cause) {
        try {
            channel.configureBlocking(isBlocking);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    private static IllegalStateException closed() {
        return new IllegalStateException("the engine is closed");
    }

    /** The way to a relay from other threads. */
    private record JdkRunning(JdkLoop loop, JdkRelay relay) implements Running {
        @Override
        public long aToB() {
            return relay.flow(0).delivered();
        }

        @Override
        public long bToA() {
            return relay.flow(1).delivered();
        }

        @Override
        public void close() {
            loop.close(relay);
        }
    }
}
