package io.zerocopy.cli.address;

import io.zerocopy.cli.terminal.CommandException;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A socket that listens, in blocking mode. The file of a UNIX socket goes when it is closed. */
public final class Listener implements AutoCloseable {
    /** Of the mode that stat(2) tells. */
    private static final int FILE_KIND = 0170000;

    private static final int SOCKET = 0140000;

    private final ServerSocketChannel channel;
    private final Path path;

    private Listener(ServerSocketChannel channel, Path path) {
        this.channel = channel;
        this.path = path;
    }

    /**
     * Begins to listen.
     *
     * @param backlog how many connections may wait to be accepted
     */
    public static Listener open(Address address, int backlog) throws CommandException {
        SocketAddress local = address.toBind();
        try {
            ServerSocketChannel channel =
                    address.isUnix()
                            ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                            : ServerSocketChannel.open();
            try {
                bind(channel, local, backlog);
            } catch (IOException failure) {
                channel.close();
                throw failure;
            }
            return new Listener(channel, address.path());
        } catch (IOException failure) {
            throw new CommandException(
                    "cannot listen on " + address + ": " + failure.getMessage(), failure);
        }
    }

    public ServerSocketChannel channel() {
        return channel;
    }

    /** Where it listens, with the port that was chosen. */
    public String address() throws IOException {
        return Address.text(channel.getLocalAddress());
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            channel.close();
            if (path != null) {
                Files.deleteIfExists(path);
            }
        }
    }

    /** The file of a UNIX socket stays behind where its process was killed: that one is removed. */
    private static void bind(ServerSocketChannel channel, SocketAddress local, int backlog)
            throws IOException {
        try {
            channel.bind(local, backlog);
        } catch (BindException inUse) {
            if (!(local instanceof UnixDomainSocketAddress unix) || !isAbandoned(unix)) {
                throw inUse;
            }
            Files.deleteIfExists(unix.getPath());
            channel.bind(local, backlog);
        }
    }

    private static boolean isAbandoned(UnixDomainSocketAddress address) throws IOException {
        int mode = (int) Files.getAttribute(address.getPath(), "unix:mode");
        if ((mode & FILE_KIND) != SOCKET) {
            return false;
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // One that listens and has no room for more lets a blocking connect wait.
            probe.configureBlocking(false);
            probe.connect(address);
            return false;
        } catch (ConnectException nobodyListens) {
            return true;
        }
    }
}
