package io.zerocopy.bench.mover;

import io.zerocopy.ZeroCopy;
import io.zerocopy.cli.compare.ContextSwitches;
import io.zerocopy.cli.compare.CpuClock;
import io.zerocopy.cli.compare.Pinning;
import io.zerocopy.cli.compare.StraceLog;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * The JVM under test: {@code MoverMain ADDRESS PORT PATH}. It answers the commands that stand at
 * the top of {@code tests/bench/c/anchor/main.c}, until its standard input ends.
 */
public final class MoverMain {
    private final Peer peer;
    private final Map<Method, Method.Moving> methods = new EnumMap<>(Method.class);
    private String[] source;
    private String[] target;

    private MoverMain(Peer peer) {
        this.peer = peer;
        for (Method method : Method.values()) {
            methods.put(method, method.open());
        }
    }

    public static void main(String[] arguments) throws IOException {
        // Numbers of the fallback under the name of the library would be false.
        ZeroCopy.ensureAvailability();
        try (Pinning pinning = Pinning.ofThisThread()) {
            System.out.println(
                    "ready JDK "
                            + System.getProperty("java.runtime.version")
                            + " ("
                            + System.getProperty("java.vm.name")
                            + "), zerocopy-nio "
                            + ZeroCopy.version()
                            + ", "
                            + pinning.describe());
            new MoverMain(Peer.ofArguments(arguments)).obeyUntilEnd();
        }
    }

    private void obeyUntilEnd() throws IOException {
        BufferedReader commands =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            System.out.println(obey(line));
        }
    }

    private String obey(String line) throws IOException {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "source" -> source = endOf(line);
            case "target" -> target = endOf(line);
            case "mark" -> {
                return mark(words[1], words[2]);
            }
            default -> {
                return run(methods.get(Method.of(words[1])), Burst.parse(words)).toLine();
            }
        }
        return "set";
    }

    /** A kind and a location, which may have blanks in it. */
    private static String[] endOf(String line) {
        String[] parts = line.split(" ", 3);
        return new String[] {parts[1], parts.length == 3 ? parts[2] : ""};
    }

    private static String mark(String which, String name) {
        if (which.equals("begin")) {
            StraceLog.markBegin(name);
        } else {
            StraceLog.markEnd(name);
        }
        return "marked";
    }

    /** On ends of its own, so that no contender inherits what another one did to them. */
    private Sample run(Method.Moving method, Burst burst) throws IOException {
        try (Source from = Source.open(peer, source[0], source[1]);
                Target to = Target.open(peer, target[0], target[1])) {
            if (burst.warmUp() > 0) {
                announce(from, to, burst.bytes() * burst.warmUp());
                transfer(method, from, to, burst.bytes(), burst.warmUp());
            }
            announce(from, to, burst.bytes() * burst.transfers());
            return measure(method, from, to, burst);
        }
    }

    private static Sample measure(Method.Moving method, Source from, Target to, Burst burst)
            throws IOException {
        long othersBefore = OtherThreads.cpuNanos();
        ContextSwitches switchesBefore = ContextSwitches.ofThisThread();
        long cpuBefore = CpuClock.thisThreadNanos();
        long wallBefore = System.nanoTime();
        transfer(method, from, to, burst.bytes(), burst.transfers());
        long wallNanos = System.nanoTime() - wallBefore;
        long cpuNanos = CpuClock.thisThreadNanos() - cpuBefore;
        ContextSwitches switches = ContextSwitches.ofThisThread().since(switchesBefore);
        long othersNanos = OtherThreads.cpuNanos() - othersBefore;
        return new Sample(
                wallNanos,
                cpuNanos,
                cpuNanos + othersNanos,
                switches.voluntary(),
                switches.involuntary());
    }

    private static void announce(Source from, Target to, long bytes) throws IOException {
        to.announce(bytes);
        from.announce(bytes);
    }

    private static void transfer(
            Method.Moving method, Source from, Target to, long bytes, int transfers)
            throws IOException {
        from.startFeeding();
        for (int i = 0; i < transfers; i++) {
            method.move(from, to, bytes);
        }
        to.awaitTaken();
    }
}
