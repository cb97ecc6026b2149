package io.zerocopy.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A channel on its way out of its pipeline. As a handler it stands next to the socket: it keeps
 * what still comes in from the handlers, and what they write from a socket that is no longer
 * theirs. All of it is for the event loop of the channel, except where it says so.
 */
final class HeldChannel extends ChannelDuplexHandler {
    private static final AttributeKey<HeldChannel> HELD =
            AttributeKey.valueOf(HeldChannel.class, "held");
    private static final AttributeKey<TakeOver> RELAY =
            AttributeKey.valueOf(HeldChannel.class, "relay");

    private final Channel channel;
    private final HeldBytes received = new HeldBytes();

    /** From the tail to the head: what is nearer to the tail was received earlier. */
    private final List<LeftoverHandler> leftovers = new ArrayList<>();

    private final CompletableFuture<ByteBuffer> handedOver = new CompletableFuture<>();

    /** Nothing is written any more. */
    private boolean isSealed;

    private HeldChannel(Channel channel) {
        this.channel = channel;
    }

    /** The channel, held from now on if it was not before. */
    static HeldChannel of(Channel channel) {
        HeldChannel held = channel.attr(HELD).get();
        if (held == null) {
            held = new HeldChannel(channel);
            channel.attr(HELD).set(held);
            held.hold();
        }
        return held;
    }

    /** Whether a relay has the channel. From any thread. */
    static boolean isRelayed(Channel channel) {
        return channel.hasAttr(RELAY) && channel.attr(RELAY).get() != null;
    }

    /** Notes that this relay has the channel, unless another one has. From any thread. */
    static boolean claim(Channel channel, TakeOver relay) {
        return channel.attr(RELAY).compareAndSet(null, relay);
    }

    /** Takes a claim back before anything was done. From any thread. */
    static void disclaim(Channel channel) {
        channel.attr(RELAY).set(null);
    }

    private void hold() {
        channel.config().setAutoRead(false);
        // An end of input is for the other side; without this it would close the channel.
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addFirst(this);
        List<ChannelHandler> handlers = new ArrayList<>();
        for (Map.Entry<String, ChannelHandler> entry : pipeline) {
            handlers.add(0, entry.getValue());
        }
        for (ChannelHandler handler : handlers) {
            if (KnownHandlers.holdsBytes(handler)) {
                LeftoverHandler leftover = new LeftoverHandler();
                pipeline.addAfter(pipeline.context(handler).name(), null, leftover);
                leftovers.add(leftover);
                pipeline.remove(handler);
            } else if (KnownHandlers.watchesReads(handler)) {
                pipeline.remove(handler);
            }
        }
    }

    /**
     * Sends what was written and leaves the event loop.
     *
     * @return completes on the event loop with what was received and not read by a handler; or with
     *     why not
     */
    CompletableFuture<ByteBuffer> handOver() {
        // What has called this may be a decoder that is still at work.
        channel.eventLoop().execute(this::send);
        return handedOver;
    }

    private void send() {
        if (!channel.isActive()) {
            fail(null);
            return;
        }
        // From the tail, so that it comes after what handlers have queued.
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener(
                        sent -> {
                            if (sent.isSuccess()) {
                                // Its own bytes are counted as pending until this has returned.
                                channel.eventLoop().execute(this::leaveUnlessUnsent);
                            } else {
                                fail(sent.cause());
                            }
                        });
    }

    private void leaveUnlessUnsent() {
        if (hasUnsent()) {
            send();
        } else {
            leave();
        }
    }

    /** Somebody may have written behind what was waited for. */
    private boolean hasUnsent() {
        ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
        return buffer != null && (!buffer.isEmpty() || buffer.totalPendingWriteBytes() > 0);
    }

    private void leave() {
        isSealed = true;
        channel.deregister()
                .addListener(
                        left -> {
                            if (left.isSuccess() && channel.isOpen()) {
                                handedOver.complete(takeBytes());
                            } else {
                                fail(left.cause());
                            }
                        });
    }

    private ByteBuffer takeBytes() {
        int byteCount = received.byteCount();
        for (LeftoverHandler leftover : leftovers) {
            byteCount = Math.addExact(byteCount, leftover.bytes.byteCount());
        }
        ByteBuffer all = ByteBuffer.allocate(byteCount);
        for (LeftoverHandler leftover : leftovers) {
            leftover.bytes.moveTo(all);
        }
        received.moveTo(all);
        return all.flip();
    }

    private void fail(Throwable cause) {
        handedOver.completeExceptionally(
                new IOException(channel + " was closed before the relay could begin", cause));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf piece) {
            received.add(piece);
        } else {
            context.fireChannelRead(message);
        }
    }

    /** No handler's wish to read is granted: what there is, is for the relay. */
    @Override
    public void read(ChannelHandlerContext context) {}

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (isSealed) {
            ReferenceCountUtil.release(message);
            promise.tryFailure(new IllegalStateException(channel + " is being relayed"));
        } else {
            context.write(message, promise);
        }
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        if (!isSealed) {
            context.flush();
        }
    }

    /**
     * Ends the relay first, so that it does not take the close for its peer's. A channel that has
     * left its event loop comes back then, as otherwise its handlers would not be told.
     */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        TakeOver relay = channel.attr(RELAY).get();
        if (relay == null) {
            context.close(promise);
            return;
        }
        CompletableFuture<Void> over = relay.end();
        if (over.isDone()) {
            comeBackAndClose(context, promise);
        } else {
            over.thenRunAsync(() -> comeBackAndClose(context, promise), channel.eventLoop());
        }
    }

    private void comeBackAndClose(ChannelHandlerContext context, ChannelPromise promise) {
        if (!isSealed || channel.isRegistered()) {
            context.close(promise);
            return;
        }
        ChannelFuture back = channel.eventLoop().register(channel);
        back.addListener(registered -> context.close(promise));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        received.release();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        received.release();
    }
}
