package io.zerocopy.cli.address;

import io.zerocopy.cli.terminal.CommandException;

import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Connects to addresses of the command line. */
public final class Connections {
    private Connections() {}

    /** A socket that can be connected to this address. */
    public static SocketChannel open(SocketAddress address) throws IOException {
        return address instanceof UnixDomainSocketAddress
                ? SocketChannel.open(StandardProtocolFamily.UNIX)
                : SocketChannel.open();
    }

    /**
     * Connects to the first of all that a name stands for which answers.
     *
     * @param timeout how long each may take
     * @return a socket in blocking mode
     */
    public static SocketChannel connect(Address to, Duration timeout) throws CommandException {
        List<SocketAddress> addresses;
        try {
            addresses = to.resolve();
        } catch (UnknownHostException unknown) {
            throw new CommandException("there is no host '" + to.host() + "'", unknown);
        }
        List<String> failures = new ArrayList<>();
        for (SocketAddress address : addresses) {
            try {
                return connect(address, timeout);
            } catch (SocketTimeoutException silent) {
                failures.add(Address.text(address) + " does not answer");
            } catch (IOException failure) {
                failures.add(Address.text(address) + ": " + failure.getMessage());
            }
        }
        throw new CommandException("cannot connect to " + String.join("; ", failures));
    }

    private static SocketChannel connect(SocketAddress address, Duration timeout)
            throws IOException {
        SocketChannel socket = open(address);
        try {
            if (address instanceof UnixDomainSocketAddress) {
                socket.connect(address);
            } else {
                socket.socket().connect(address, Math.toIntExact(timeout.toMillis()));
            }
            return socket;
        } catch (IOException | RuntimeException failure) {
            socket.close();
            throw failure;
        }
    }
}
