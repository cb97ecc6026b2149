package io.zerocopy.internal.channel;

import java.nio.channels.Channel;

/**
 * Which channels are of the JDK's own classes, also where these can't be guarded: its methods do
 * for them what they do for no other.
 */
public final class JdkClasses {
    private JdkClasses() {}

    static boolean isFile(Channel channel) {
        return is(channel, "sun.nio.ch.FileChannelImpl");
    }

    /** Whether it is a socket of the JDK's own class. */
    public static boolean isSocket(Channel channel) {
        return is(channel, "sun.nio.ch.SocketChannelImpl");
    }

    static boolean isPipeSink(Channel channel) {
        return is(channel, "sun.nio.ch.SinkChannelImpl");
    }

    private static boolean is(Channel channel, String name) {
        return channel.getClass().getName().equals(name);
    }
}
