package io.zerocopy.bench.sender;

import io.zerocopy.ZeroCopy;
import io.zerocopy.cli.compare.ContextSwitches;
import io.zerocopy.cli.compare.CpuClock;
import io.zerocopy.cli.compare.Pinning;
import io.zerocopy.cli.compare.StraceLog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * The JVM under test: {@code SenderMain PORT FILE}. It answers the commands that stand at the top
 * of {@code tests/bench/c/anchor.c}, until its standard input ends.
 */
public final class SenderMain {
    private final int port;
    private final FileChannel file;
    private final Map<SendMethod, SendMethod.Sending> methods = new EnumMap<>(SendMethod.class);

    private SenderMain(int port, FileChannel file) {
        this.port = port;
        this.file = file;
        for (SendMethod method : SendMethod.values()) {
            methods.put(method, method.open());
        }
    }

    public static void main(String[] arguments) throws IOException {
        // Numbers of the fallback under the name of the library would be false.
        ZeroCopy.ensureAvailability();
        try (FileChannel file = FileChannel.open(Path.of(arguments[1]));
                Pinning pinning = Pinning.ofThisThread()) {
            SenderMain sender = new SenderMain(Integer.parseInt(arguments[0]), file);
            System.out.println(
                    "ready JDK "
                            + System.getProperty("java.runtime.version")
                            + " ("
                            + System.getProperty("java.vm.name")
                            + "), zerocopy-nio "
                            + ZeroCopy.version()
                            + ", "
                            + pinning.describe());
            sender.obeyUntilEnd();
        }
    }

    private void obeyUntilEnd() throws IOException {
        BufferedReader commands =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(obey(line.split(" ")));
        }
    }

    private String obey(String[] words) throws IOException {
        if (words[0].equals("mark")) {
            if (words[1].equals("begin")) {
                StraceLog.markBegin(words[2]);
            } else {
                StraceLog.markEnd(words[2]);
            }
            return "marked";
        }
        return run(methods.get(SendMethod.of(words[1])), Burst.parse(words)).toLine();
    }

    /** On a connection of its own, so that no contender inherits what another one did to it. */
    private Sample run(SendMethod.Sending method, Burst burst) throws IOException {
        try (Connection connection = Connection.open(port)) {
            connection.announce(burst.mode(), burst.bytes() * burst.warmUp());
            send(method, burst.bytes(), burst.warmUp(), connection);

            connection.announce(burst.mode(), burst.bytes() * burst.transfers());
            ContextSwitches switchesBefore = ContextSwitches.ofThisThread();
            long cpuBefore = CpuClock.thisThreadNanos();
            long wallBefore = System.nanoTime();
            send(method, burst.bytes(), burst.transfers(), connection);
            long wallNanos = System.nanoTime() - wallBefore;
            long cpuNanos = CpuClock.thisThreadNanos() - cpuBefore;
            ContextSwitches switches = ContextSwitches.ofThisThread().since(switchesBefore);
            return new Sample(wallNanos, cpuNanos, switches.voluntary(), switches.involuntary());
        }
    }

    private void send(SendMethod.Sending method, long bytes, int transfers, Connection connection)
            throws IOException {
        for (int i = 0; i < transfers; i++) {
            method.send(file, bytes, connection.channel());
        }
        connection.awaitDone();
    }
}
