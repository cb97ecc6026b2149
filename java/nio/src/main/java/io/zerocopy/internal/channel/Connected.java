package io.zerocopy.internal.channel;

import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;

/** Whether sockets are connected. */
public final class Connected {
    private Connected() {}

    /**
     * Checks a channel of any class. A socket that another thread closes just now is not connected
     * any more either, and must not be told of as one that never was.
     *
     * @throws NotYetConnectedException if it is an open socket that is not connected
     * @throws ClosedChannelException if it is a closed socket
     */
    public static void check(Channel channel) throws ClosedChannelException {
        boolean isConnected =
                channel instanceof SocketChannel socket
                        ? socket.isConnected()
                        : !(channel instanceof DatagramChannel datagrams)
                                || datagrams.isConnected();
        if (!isConnected) {
            if (!channel.isOpen()) {
                throw new ClosedChannelException();
            }
            throw new NotYetConnectedException();
        }
    }
}
