package io.zerocopy.netty;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.internal.relay.DescriptorRelays;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/**
 * One relay from its start to the closing of both channels. From any thread: the event loops of the
 * two, and the one that tells the results of the engine. No code of the application, and nothing of
 * a pipeline, runs under its lock.
 */
final class TakeOver {
    private final RelayEngine engine;
    private final Channel a;
    private final Channel b;
    private final RelayOptions options;
    private final Promise<RelayResult> promise;

    /** The relay has begun and is over. */
    private final CompletableFuture<Void> over = new CompletableFuture<>();

    // All of this is guarded by this. No channel is closed while its descriptor is copied.
    private boolean isEnding;
    private Relay relay;
    private boolean isDecided;
    private RelayResult result;
    private Throwable failure;
    private boolean isClosedA;
    private boolean isClosedB;

    private TakeOver(RelayEngine engine, Channel a, Channel b, RelayOptions options) {
        this.engine = engine;
        this.a = a;
        this.b = b;
        this.options = options;
        this.promise = a.eventLoop().newPromise();
    }

    /**
     * Takes over both channels.
     *
     * @throws IllegalStateException if another relay has one of them
     */
    static Future<RelayResult> begin(
            RelayEngine engine, Channel a, Channel b, RelayOptions options) {
        TakeOver takeOver = new TakeOver(engine, a, b, options);
        if (!HeldChannel.claim(a, takeOver)) {
            throw new IllegalStateException(a + " is being relayed already");
        }
        if (!HeldChannel.claim(b, takeOver)) {
            HeldChannel.disclaim(a);
            throw new IllegalStateException(b + " is being relayed already");
        }
        takeOver.run();
        return takeOver.promise;
    }

    private void run() {
        promise.addListener(
                done -> {
                    if (done.isCancelled()) {
                        giveUp(new IOException("the relay was cancelled"));
                    }
                });
        a.closeFuture().addListener(done -> closed(a));
        b.closeFuture().addListener(done -> closed(b));
        CompletableFuture<ByteBuffer> fromA = handOver(a);
        CompletableFuture<ByteBuffer> fromB = handOver(b);
        fromA.whenComplete(this::giveUpOnFailure);
        fromB.whenComplete(this::giveUpOnFailure);
        fromA.thenAcceptBoth(fromB, this::relay);
    }

    private static CompletableFuture<ByteBuffer> handOver(Channel channel) {
        EventLoop loop = channel.eventLoop();
        // On its own event loop at once, before the channel can receive anything.
        Executor executor = loop.inEventLoop() ? Runnable::run : loop;
        try {
            return CompletableFuture.supplyAsync(() -> HeldChannel.of(channel).handOver(), executor)
                    .thenCompose(Function.identity());
        } catch (RejectedExecutionException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void giveUpOnFailure(ByteBuffer bytes, Throwable cause) {
        if (cause != null) {
            giveUp(cause instanceof CompletionException ? cause.getCause() : cause);
        }
    }

    private void relay(ByteBuffer fromA, ByteBuffer fromB) {
        Relay started;
        try {
            RelayOptions all =
                    options.withPrefaceToB(joined(options.prefaceToB(), fromA))
                            .withPrefaceToA(joined(options.prefaceToA(), fromB))
                            // What runs there only hands over to event loops.
                            .withExecutor(Runnable::run);
            started = startUnlessEnding(all);
        } catch (Exception | OutOfMemoryError e) {
            giveUp(e);
            return;
        }
        if (started != null) {
            started.closed().whenComplete(this::decide);
        }
    }

    private synchronized Relay startUnlessEnding(RelayOptions all) throws IOException {
        if (!isEnding) {
            int numberA = Descriptors.number(a);
            relay = DescriptorRelays.relay(engine, numberA, Descriptors.number(b), all);
        }
        return relay;
    }

    private static ByteBuffer joined(ByteBuffer first, ByteBuffer second) {
        int byteCount = Math.addExact(first.remaining(), second.remaining());
        return ByteBuffer.allocate(byteCount).put(first.duplicate()).put(second).flip();
    }

    /**
     * Ends the relay, or keeps it from beginning: from here on no descriptor is copied.
     *
     * @return completes when no bytes move any more, which is soon
     */
    synchronized CompletableFuture<Void> end() {
        isEnding = true;
        if (relay == null) {
            return CompletableFuture.completedFuture(null);
        }
        relay.close();
        return over;
    }

    /** Ends the relay with its own result, or with this cause if it has not begun. */
    private void giveUp(Throwable cause) {
        boolean hasBegun;
        synchronized (this) {
            end();
            hasBegun = relay != null;
        }
        if (!hasBegun) {
            decide(null, cause);
        }
    }

    /** Notes how it went, once, and closes the channels. */
    private void decide(RelayResult outcome, Throwable cause) {
        synchronized (this) {
            if (isDecided) {
                return;
            }
            isDecided = true;
            isEnding = true;
            result = outcome;
            failure = cause;
        }
        over.complete(null);
        close(a);
        close(b);
        tell();
    }

    /** On its event loop, later: what has called this may hold the lock. */
    private void close(Channel channel) {
        try {
            channel.eventLoop().execute(channel::close);
        } catch (RejectedExecutionException e) {
            // The loop is gone, and nobody is left to tell. This closes the socket.
            channel.eventLoop().register(channel);
            closed(channel);
        }
    }

    /** One of the channels is closed, by whomever. */
    private void closed(Channel channel) {
        synchronized (this) {
            isClosedA |= channel == a;
            isClosedB |= channel == b;
        }
        giveUp(new IOException(channel + " was closed before the relay could begin"));
        tell();
    }

    /** Completes the promise when all is over, on the first channel's event loop. */
    private void tell() {
        RelayResult outcome;
        Throwable cause;
        synchronized (this) {
            if (!isDecided || !isClosedA || !isClosedB) {
                return;
            }
            outcome = result;
            cause = failure;
        }
        if (outcome != null) {
            promise.trySuccess(outcome);
        } else {
            promise.tryFailure(cause);
        }
    }
}
