package io.zerocopy.sender;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * The other side of {@link UncopiedProgram}: reads when it is told to, checks the pattern, and says
 * what it has seen. The first connection is the one by which it is told and says so.
 */
public final class PatternPeer {
    private static final int READ_BYTES = 64 << 10;

    /** So that a message is under way for a while, in which its memory could be overwritten. */
    private static final long PAUSE_NANOS = 300_000;

    /** Small, so that what is not read stays with the sender. */
    private static final int BUFFER_BYTES = 64 << 10;

    private PatternPeer() {}

    /** Arguments: the address to listen on. Prints a line with the port. */
    public static void main(String[] arguments) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getByName(arguments[0]), 0);
        try (ServerSocketChannel server = ServerSocketChannel.open();
                DatagramChannel datagrams = DatagramChannel.open()) {
            server.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
            server.bind(any);
            datagrams.bind(server.getLocalAddress());
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            System.out.println("port=" + port);
            try (SocketChannel control = server.accept()) {
                ByteBuffer command = ByteBuffer.allocate(1);
                // Ends: with the control connection, when the program at its other side ends.
                while (control.read(command.clear()) > 0) {
                    String seen =
                            command.get(0) == UncopiedProgram.READ_STREAM
                                    ? readStream(server)
                                    : readDatagrams(datagrams);
                    control.write(ByteBuffer.wrap((seen + "\n").getBytes(StandardCharsets.UTF_8)));
                }
            }
        }
    }

    /** Reads the connection that was made next to its end, or to a reset. */
    private static String readStream(ServerSocketChannel server) throws IOException {
        try (SocketChannel data = server.accept()) {
            return readStream(data);
        }
    }

    private static String readStream(ReadableByteChannel data) {
        ByteBuffer bytes = ByteBuffer.allocate(READ_BYTES);
        long count = 0;
        try {
            while (data.read(bytes.clear()) >= 0) {
                int wrong = firstWrong(bytes.flip(), count);
                if (wrong >= 0) {
                    return "wrong byte " + (count + wrong);
                }
                count += bytes.limit();
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (IOException e) {
            return "reset after " + count;
        }
        return "end after " + count;
    }

    /** Reads the datagrams of one message, whose pattern begins with its first byte. */
    private static String readDatagrams(DatagramChannel datagrams) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(READ_BYTES);
        int count = 0;
        int largest = 0;
        while (count < UncopiedProgram.DATAGRAM_BYTES) {
            datagrams.receive(bytes.clear());
            int wrong = firstWrong(bytes.flip(), count);
            if (wrong >= 0) {
                return "wrong byte " + (count + wrong);
            }
            count += bytes.limit();
            largest = Math.max(largest, bytes.limit());
        }
        return "datagrams of " + largest;
    }

    private static int firstWrong(ByteBuffer bytes, long offset) {
        for (int index = 0; index < bytes.limit(); index++) {
            if (bytes.get(index) != Messages.at(offset + index)) {
                return index;
            }
        }
        return -1;
    }
}
