package io.zerocopy.reuse;

import io.zerocopy.fixture.Connection.Kind;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;

/**
 * Connections of one thread, made as fast as two numbers of descriptors can be taken: the servers
 * stay.
 */
final class Pairs implements Closeable {
    /** Small, so that transfers block soon. */
    private static final int BUFFER_BYTES = 16 << 10;

    private final ServerSocketChannel tcp;
    private final ServerSocketChannel unix;

    private Pairs(ServerSocketChannel tcp, ServerSocketChannel unix) {
        this.tcp = tcp;
        this.unix = unix;
    }

    /**
     * A connection.
     *
     * @param input the end that is written to
     * @param output the end where that comes out
     */
    record Pair(WritableByteChannel input, ReadableByteChannel output) implements Closeable {
        @Override
        public void close() throws IOException {
            input.close();
            output.close();
        }
    }

    /** Opens the servers; {@code name} is a file that is not there. */
    static Pairs open(Path name) throws IOException {
        ServerSocketChannel tcp = ServerSocketChannel.open();
        tcp.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
        tcp.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        unix.bind(UnixDomainSocketAddress.of(name));
        return new Pairs(tcp, unix);
    }

    Pair open(Kind kind) throws IOException {
        if (kind == Kind.PIPE) {
            Pipe pipe = Pipe.open();
            return new Pair(pipe.sink(), pipe.source());
        }
        ServerSocketChannel server = kind == Kind.TCP ? tcp : unix;
        SocketChannel input = SocketChannel.open(server.getLocalAddress());
        return new Pair(input, server.accept());
    }

    @Override
    public void close() throws IOException {
        tcp.close();
        unix.close();
    }
}
