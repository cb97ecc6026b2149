package io.zerocopy.cli.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.zip.CRC32C;

/**
 * Takes one connection after the other on a loopback port and reads each to its end.
 *
 * <p>On the wire: the sender's first byte says what to do with the rest, {@link #DISCARD} or {@link
 * #CHECKSUM}. The receiver answers {@link #READY}, so that accepting is not timed, reads until the
 * sender has shut its side down, and answers with a {@link Receipt}.
 */
public final class Receiver implements AutoCloseable {
    static final byte DISCARD = 'D';
    static final byte CHECKSUM = 'C';
    static final byte READY = 'R';

    /** Small enough to stay in the processor's cache: the receiver is not what is compared. */
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ServerSocketChannel server;
    private final ByteBuffer buffer = AlignedBuffer.allocate(BUFFER_BYTES);

    private Receiver(ServerSocketChannel server) {
        this.server = server;
    }

    public static Receiver open() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return new Receiver(server);
    }

    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /** Serves until the receiver is closed. */
    public void serve() throws IOException {
        while (server.isOpen()) {
            SocketChannel connection = server.accept();
            try (connection) {
                receive(connection);
            } catch (IOException broken) {
                // Its sender sees the same and reports it; the next sender is welcome.
                continue;
            }
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void receive(SocketChannel connection) throws IOException {
        byte mode = Wire.read(connection, 1).get();
        Wire.write(connection, Wire.oneByte(READY));
        Receipt receipt = mode == CHECKSUM ? checksum(connection) : discard(connection);
        Wire.write(connection, receipt.toWire());
    }

    private Receipt discard(SocketChannel connection) throws IOException {
        long bytes = 0;
        for (int n = connection.read(buffer.clear()); n >= 0; n = connection.read(buffer.clear())) {
            bytes += n;
        }
        return new Receipt(bytes, Receipt.NOT_COMPUTED);
    }

    private Receipt checksum(SocketChannel connection) throws IOException {
        CRC32C crc = new CRC32C();
        long bytes = 0;
        for (int n = connection.read(buffer.clear()); n >= 0; n = connection.read(buffer.clear())) {
            crc.update(buffer.flip());
            bytes += n;
        }
        return new Receipt(bytes, crc.getValue());
    }
}
