package io.zerocopy.observing;

import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A main class that sends a file to a port of this machine, between two looks at files that do not
 * exist: these show in the list of system calls.
 */
public final class PayloadProgram {
    static final String BEGIN = "/no-such-file-zerocopy-begin";
    static final String END = "/no-such-file-zerocopy-end";

    private PayloadProgram() {}

    public static void main(String[] arguments) throws IOException {
        InetSocketAddress address =
                new InetSocketAddress(
                        InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[1]));
        try (FileChannel file = FileChannel.open(Path.of(arguments[0]));
                SocketChannel socket = SocketChannel.open(address)) {
            // Loads the classes, which are files too.
            ZeroCopy.transferTo(file, 0, 0, socket);
            Files.exists(Path.of(END + "-not-yet"));
            Files.exists(Path.of(BEGIN));
            long sent = ZeroCopy.transferTo(file, 0, file.size(), socket);
            Files.exists(Path.of(END));
            System.out.println("sent=" + sent);
            System.out.println("available=" + ZeroCopy.isAvailable());
        }
    }
}
