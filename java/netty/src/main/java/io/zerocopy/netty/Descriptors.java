package io.zerocopy.netty;

import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.AbstractNioChannel;
import io.netty.channel.unix.UnixChannel;
import io.zerocopy.internal.relay.DescriptorRelays;

import java.nio.channels.SocketChannel;

/** The descriptors of channels. */
final class Descriptors {
    private Descriptors() {}

    /**
     * Checks that the channel has a descriptor that can be relayed.
     *
     * @throws IllegalArgumentException if it has none
     */
    static void check(Channel channel) {
        if (socketOf(channel) == null && !isEpoll(channel)) {
            throw new IllegalArgumentException(
                    channel.getClass().getName()
                            + " is not a stream socket of Netty's epoll or NIO transport");
        }
    }

    /** The number of the descriptor, which is the channel's own for as long as it is open. */
    static int number(Channel channel) {
        SocketChannel socket = socketOf(channel);
        return socket != null ? DescriptorRelays.number(socket) : Epoll.number(channel);
    }

    private static SocketChannel socketOf(Channel channel) {
        return channel.unsafe() instanceof AbstractNioChannel.NioUnsafe unsafe
                        && unsafe.ch() instanceof SocketChannel socket
                ? socket
                : null;
    }

    private static boolean isEpoll(Channel channel) {
        try {
            return Epoll.isStream(channel);
        } catch (NoClassDefFoundError e) {
            return false; // An application without that transport has no channels of it.
        }
    }

    /** What needs the classes of the epoll transport. */
    private static final class Epoll {
        private Epoll() {}

        static boolean isStream(Channel channel) {
            return channel instanceof EpollSocketChannel
                    || channel instanceof EpollDomainSocketChannel;
        }

        static int number(Channel channel) {
            return ((UnixChannel) channel).fd().intValue();
        }
    }
}
