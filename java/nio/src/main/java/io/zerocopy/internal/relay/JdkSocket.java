package io.zerocopy.internal.relay;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One of the two sockets of a relay, and what is known of it. */
final class JdkSocket {
    private static final int RESET = 0;
    private static final int NO_WAIT = -1;

    final SocketChannel channel;

    /** Nothing is known yet: it may be ready for everything. */
    boolean isReadable = true;

    boolean isWritable = true;

    /** It was reset, so that the end of what it gives is not the end of what was sent. */
    IOException failure;

    private final boolean isTcp;
    private JdkRelay relay;
    private int index;
    private SelectionKey key;

    /** A socket that is connected and in non-blocking mode. */
    JdkSocket(SocketChannel channel, boolean isTcp) {
        this.channel = channel;
        this.isTcp = isTcp;
    }

    /** Whether a channel that is connected is one of TCP. */
    static boolean isTcp(SocketChannel channel) throws IOException {
        return channel.getRemoteAddress() instanceof InetSocketAddress;
    }

    /** Makes it the socket of a relay with this index: 0 or 1. */
    void joins(JdkRelay itsRelay, int itsIndex) {
        relay = itsRelay;
        index = itsIndex;
    }

    /** Registers it, for nothing at first. From here on its channel can't be made blocking. */
    void register(Selector selector) throws ClosedChannelException {
        key = channel.register(selector, 0, this);
    }

    JdkRelay relay() {
        return relay;
    }

    int index() {
        return index;
    }

    /** Notes what the selector says; readiness lasts until a call has found less than it could. */
    void note(int readyOps) {
        isReadable |= (readyOps & SelectionKey.OP_READ) != 0;
        isWritable |= (readyOps & SelectionKey.OP_WRITE) != 0;
    }

    /** Lets the selector tell of these alone, and so of nothing that nobody waits for. */
    void await(boolean isReadWanted, boolean isWriteWanted) {
        int ops = isReadWanted ? SelectionKey.OP_READ : 0;
        ops |= isWriteWanted ? SelectionKey.OP_WRITE : 0;
        // The selector makes a system call for each change.
        if (key.interestOps() != ops) {
            key.interestOps(ops);
        }
    }

    /** Whether nobody but the relay has closed the channel. */
    boolean isOurs() {
        return key.isValid();
    }

    /** Takes it from the selector, whose next selection lets go of it. */
    void deregister() {
        key.cancel();
    }

    /** The same where it may not have been registered, and for a selector that may be waiting. */
    void giveBack() {
        if (key != null) {
            key.cancel();
            key.selector().wakeup();
        }
    }

    /**
     * Whether something that its peer has sent was not taken yet. It takes a byte to see that, so
     * it is for a socket that is about to be closed.
     */
    boolean hasUnread() {
        try {
            return channel.read(ByteBuffer.allocate(1)) > 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Closes it; with a reset where its peer must not take what it got for all there was. */
    void close(boolean withReset) {
        try {
            if (isTcp && channel.isOpen()) {
                // Without this the application's own SO_LINGER would keep the thread in close(2).
                channel.setOption(StandardSocketOptions.SO_LINGER, withReset ? RESET : NO_WAIT);
            }
        } catch (IOException e) {
            // Then its peer sees an end in place of a reset, which is all that is left.
        }
        try {
            channel.close();
        } catch (IOException e) {
            // close(2) frees the descriptor also where it fails.
        }
    }
}
