package io.zerocopy.internal.channel;

import java.nio.channels.SocketChannel;

/** The descriptors of sockets whose owners see to it themselves that they stay open. */
public final class SocketNumbers {
    private SocketNumbers() {}

    /**
     * The number of the channel's descriptor, which is another file's as soon as the channel is
     * closed. Nothing guards it: that is the caller's to do.
     *
     * @throws UnsupportedOperationException if the channel is not of the JDK's own class, or that
     *     can't be looked into
     */
    public static int of(SocketChannel channel) {
        if (channel.getClass() != JdkHandles.SOCKET) {
            throw new UnsupportedOperationException(
                    "no descriptor is known of " + channel.getClass().getName());
        }
        return SocketReadGuard.INSTANCE.number(channel);
    }
}
