package io.zerocopy.internal.relay;

import io.zerocopy.internal.channel.Connected;
import io.zerocopy.internal.channel.JdkClasses;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;

/** What channels must be for a relay, whichever engine serves. */
public final class RelayChecks {
    private RelayChecks() {}

    /**
     * Checks both channels, in the order of what each can be.
     *
     * @throws IllegalArgumentException if they are the same, or one is not of the JDK's own class
     * @throws ClosedChannelException if one is closed
     * @throws java.nio.channels.NotYetConnectedException if one is not connected
     * @throws IllegalStateException if one is registered with a selector
     */
    public static void check(SocketChannel a, SocketChannel b) throws IOException {
        if (a == b) {
            throw new IllegalArgumentException("a relay joins two sockets, not one with itself");
        }
        checkClass("a", a);
        checkClass("b", b);
        check("a", a);
        check("b", b);
    }

    private static void checkClass(String name, SocketChannel channel) {
        if (!JdkClasses.isSocket(channel)) {
            throw new IllegalArgumentException(
                    name
                            + " is a "
                            + channel.getClass().getName()
                            + ": only the JDK's own channels can be relayed");
        }
    }

    private static void check(String name, SocketChannel channel) throws IOException {
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        Connected.check(channel);
        if (channel.isRegistered()) {
            throw new IllegalStateException(
                    name
                            + " is registered with a selector, and closing it would end its stream:"
                            + " cancel its key, then call selectNow of the selector");
        }
    }
}
