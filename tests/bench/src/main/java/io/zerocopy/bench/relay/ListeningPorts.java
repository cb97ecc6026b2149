package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Ports for programs that can't be asked which one they got. Whether they listen already is read
 * from the kernel's table: whoever connects to a proxy to find out is a connection to its backend.
 */
final class ListeningPorts {
    /** A program that listens on both protocols stands in the second one only. */
    private static final List<Path> TABLES =
            List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    private static final String LISTENING = "0A";

    private ListeningPorts() {}

    /** Ports that were free a moment ago. */
    static List<Integer> free(int count) throws BenchException {
        List<ServerSocket> sockets = new ArrayList<>();
        List<Integer> ports = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
                ports.add(sockets.get(i).getLocalPort());
            }
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new BenchException("there is no free port: " + e.getMessage(), e);
        }
        return ports;
    }

    static boolean isListening(int port) throws BenchException {
        for (Path table : TABLES) {
            try {
                if (Files.exists(table) && isListening(Files.readAllLines(table), port)) {
                    return true;
                }
            } catch (IOException e) {
                throw new BenchException("can't read " + table + ": " + e.getMessage(), e);
            }
        }
        return false;
    }

    /** The table has "number: local-address:PORT remote-address:PORT STATE", in hexadecimal. */
    static boolean isListening(List<String> table, int port) {
        String suffix = String.format(":%04X", port);
        return table.stream()
                .map(line -> line.strip().split("\\s+"))
                .anyMatch(
                        words ->
                                words.length > 3
                                        && words[1].endsWith(suffix)
                                        && words[3].equals(LISTENING));
    }
}
