package io.zerocopy.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;

import java.util.Map;

/** Which channels can be relayed. From any thread; nothing is changed. */
final class Checks {
    private Checks() {}

    /**
     * Checks a channel.
     *
     * @throws IllegalArgumentException if it is not of a transport that is served
     * @throws IllegalStateException if it is not in a state to be relayed
     */
    static void canBeRelayed(Channel channel) {
        Descriptors.check(channel);
        if (HeldChannel.isRelayed(channel)) {
            throw new IllegalStateException(channel + " is being relayed already");
        }
        if (!channel.isActive()) {
            throw new IllegalStateException(channel + " is not active");
        }
        if (!channel.isRegistered()) {
            throw new IllegalStateException(channel + " is not registered with an event loop");
        }
        ChannelPipeline pipeline = channel.pipeline();
        for (Map.Entry<String, ChannelHandler> entry : pipeline) {
            ChannelHandler handler = entry.getValue();
            if (KnownHandlers.isTls(handler)) {
                throw new IllegalStateException(
                        channel
                                + " is encrypted by Netty, which a relay would go past: it has "
                                + entry.getKey());
            }
            if (KnownHandlers.holdsBytes(handler) && !runsOnLoop(channel, pipeline, handler)) {
                throw new IllegalStateException(
                        entry.getKey()
                                + " runs on an executor of its own, so that what it holds "
                                + "can't be handed over in order");
            }
        }
    }

    /** A handler that was removed meanwhile runs nowhere. */
    private static boolean runsOnLoop(
            Channel channel, ChannelPipeline pipeline, ChannelHandler handler) {
        ChannelHandlerContext context = pipeline.context(handler);
        return context == null || context.executor() == channel.eventLoop();
    }
}
