package io.zerocopy.bench.mover;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the program is that the bytes go to or come from.
 *
 * @param host its IPv4 address
 * @param port its TCP port
 * @param path its UNIX socket
 */
public record Peer(String host, int port, Path path) {
    /** As the arguments of a mover. */
    public List<String> toArguments() {
        return List.of(host, Integer.toString(port), path.toString());
    }

    static Peer ofArguments(String[] arguments) {
        return new Peer(arguments[0], Integer.parseInt(arguments[1]), Path.of(arguments[2]));
    }

    InetSocketAddress tcp() {
        return new InetSocketAddress(host, port);
    }

    UnixDomainSocketAddress unix() {
        return UnixDomainSocketAddress.of(path);
    }
}
