package io.zerocopy.netty;

import io.netty.channel.ChannelHandler;
import io.netty.channel.CombinedChannelDuplexHandler;

import java.util.Set;

/**
 * The handlers of Netty that a relay has to know. By their names, as an application need not have
 * the jars that they are in.
 */
final class KnownHandlers {
    private static final Set<String> TLS = Set.of("io.netty.handler.ssl.SslHandler");

    private static final Set<String> HOLDERS =
            Set.of(
                    "io.netty.handler.codec.ByteToMessageDecoder",
                    "io.netty.handler.codec.ByteToMessageCodec",
                    "io.netty.handler.flow.FlowControlHandler");

    private static final Set<String> WATCHES = Set.of("io.netty.handler.timeout.IdleStateHandler");

    private KnownHandlers() {}

    /** Encrypts what the socket carries. */
    static boolean isTls(ChannelHandler handler) {
        return isOneOf(handler, TLS);
    }

    /** Hands over bytes that it holds when it is removed. */
    static boolean holdsBytes(ChannelHandler handler) {
        return handler instanceof CombinedChannelDuplexHandler || isOneOf(handler, HOLDERS);
    }

    /** Takes silence in the pipeline for silence of the peer. */
    static boolean watchesReads(ChannelHandler handler) {
        return isOneOf(handler, WATCHES);
    }

    private static boolean isOneOf(ChannelHandler handler, Set<String> names) {
        for (Class<?> type = handler.getClass(); type != null; type = type.getSuperclass()) {
            if (names.contains(type.getName())) {
                return true;
            }
        }
        return false;
    }
}
