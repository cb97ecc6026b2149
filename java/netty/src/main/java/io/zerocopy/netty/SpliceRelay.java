package io.zerocopy.netty;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.RelayResult;
import io.zerocopy.ZeroCopy;

import java.util.Objects;

/**
 * Joins two connected channels of Netty: what comes from the one goes to the other, both ways,
 * moved by the kernel on the threads of a {@link RelayEngine}. No event loop sees the bytes.
 *
 * <pre>{@code
 * // In a handler of the client's channel, after its CONNECT: a proxy.
 * public void channelRead0(ChannelHandlerContext client, HttpRequest connect) {
 *     SpliceRelay.hold(client.channel());
 *     bootstrap.connect(host, port).addListener((ChannelFuture backEnd) -> {
 *         if (backEnd.isSuccess()) {
 *             client.writeAndFlush(Unpooled.copiedBuffer(ESTABLISHED, US_ASCII));
 *             SpliceRelay.start(client.channel(), backEnd.channel(), RelayOptions.defaults())
 *                     .addListener(relay -> log(relay.getNow()));
 *         } else {
 *             client.close();
 *         }
 *     });
 * }
 * }</pre>
 *
 * <p><b>Channels.</b> TCP and UNIX stream sockets of Netty's epoll and NIO transports, any mix of
 * them, on any event loops. With TLS in the pipeline the bytes are Netty's to encrypt, and there is
 * nothing to relay. The native core is needed.
 *
 * <p><b>Bytes in the pipeline.</b> None are lost. Reading stops; handlers that may hold bytes back
 * are removed and hand over what they have not decoded: every {@code ByteToMessageDecoder}, the
 * codecs that have one inside, such as {@code HttpServerCodec}, and {@code FlowControlHandler}.
 * What they hand over goes to the other side first, behind the preface of the options. A decoder
 * that has taken bytes for a message already does not give them back: so {@link #hold} the channel
 * in the handler that sees the last message before the relay. What was written is flushed and sent
 * before the relay begins, however long the peer takes to read it; what is written later fails with
 * an {@link IllegalStateException}.
 *
 * <p><b>Events.</b> Both channels leave their event loops ({@code channelUnregistered}) and stay
 * open while the relay lasts. At its end they are registered again ({@code channelRegistered}) and
 * closed ({@code channelInactive} and {@code channelUnregistered}, as ever), so that handlers,
 * close listeners and {@code closeFuture()} see one close. Closing one of the channels at any time,
 * or cancelling the future, ends the relay at once and closes both. An end of input that came
 * before is forwarded too: {@code ALLOW_HALF_CLOSURE} is set on both channels. The epoll transport
 * of Netty 4.2.18 fails a write behind it that is larger than the room in the socket's buffer
 * ({@code epoll_ctl(..) failed}), and with it the relay that waits for that write. Handlers of the
 * pipeline see no bytes, so each {@code IdleStateHandler} and {@code ReadTimeoutHandler} is
 * removed; {@link RelayOptions#withIdleTimeout} takes their place.
 *
 * <p><b>Threads.</b> {@link #start} may be called on any thread, and does not block. {@link #hold}
 * is for the event loop of its channel. The future's listeners run on the event loop of the first
 * channel; the executor of the options is not used. While a relay runs its event loops have nothing
 * to do with it, so shutting them down does not end it: close the channels, or the engine.
 */
public final class SpliceRelay {
    private SpliceRelay() {}

    /**
     * Relays on the {@linkplain RelayEngine#shared() shared engine}; else as {@link
     * #start(RelayEngine, Channel, Channel, RelayOptions)}.
     *
     * @param a a connected channel
     * @param b another one
     * @param options time-outs, prefaces and pace
     * @return see there
     */
    public static Future<RelayResult> start(Channel a, Channel b, RelayOptions options) {
        checkCore();
        return start(RelayEngine.shared(), a, b, options);
    }

    /**
     * Takes over two channels and relays between them until both directions have ended. Both are
     * closed then.
     *
     * @param engine whose threads move the bytes
     * @param a a connected channel
     * @param b another one
     * @param options time-outs, prefaces and pace; the times count from when the bytes flow
     * @return completes when both channels are closed: with how the relay went, however it has
     *     ended; with the failure, an {@link java.io.IOException} where a channel was closed
     *     meanwhile, if it could not begin
     * @throws NullPointerException if an argument is null
     * @throws IllegalArgumentException if the channels are one and the same, or one is not a stream
     *     socket of the epoll or NIO transport
     * @throws IllegalStateException if a channel is not active, is being relayed already, has TLS
     *     in its pipeline or a decoder that runs on an executor of its own, or there is no native
     *     core. As with all of these, nothing is taken over then
     */
    public static Future<RelayResult> start(
            RelayEngine engine, Channel a, Channel b, RelayOptions options) {
        Objects.requireNonNull(engine, "engine");
        Objects.requireNonNull(options, "options");
        Objects.requireNonNull(a, "a");
        Objects.requireNonNull(b, "b");
        if (a == b) {
            throw new IllegalArgumentException("a relay joins two channels, not one with itself");
        }
        checkCore();
        Checks.canBeRelayed(a);
        Checks.canBeRelayed(b);
        return TakeOver.begin(engine, a, b, options);
    }

    /**
     * Keeps what the channel receives from here on for a relay that {@link #start} is to begin:
     * stops reading and takes over what the decoders of its pipeline hold, which are removed with
     * their encoders. For a channel that waits for the other one to be connected; {@link #start}
     * does the same. Does nothing if it was called before. Bytes that no relay is started for are
     * dropped when the channel is closed.
     *
     * <p>The end of input no longer closes the channel, as that would lose what it is to say to its
     * peer.
     *
     * @param channel a connected channel
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is not one that can be relayed
     * @throws IllegalStateException if it is not active or can't be relayed, as of {@link #start};
     *     or if this is not its event loop
     */
    public static void hold(Channel channel) {
        Objects.requireNonNull(channel, "channel");
        Checks.canBeRelayed(channel);
        if (!channel.eventLoop().inEventLoop()) {
            throw new IllegalStateException("hold() is for the event loop of the channel");
        }
        HeldChannel.of(channel);
    }

    private static void checkCore() {
        if (!ZeroCopy.isAvailable()) {
            throw new IllegalStateException(
                    "the relays of Netty's channels need the native core",
                    ZeroCopy.unavailabilityCause());
        }
    }
}
