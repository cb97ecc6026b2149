package io.zerocopy.cli.compare;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Sends one whole file down a blocking socket. */
@FunctionalInterface
public interface Sending {
    /** Returns the number of bytes sent; leaves the socket open. */
    long send(Path file, SocketChannel target) throws IOException;
}
