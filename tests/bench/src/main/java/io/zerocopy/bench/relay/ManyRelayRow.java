package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Options;
import io.zerocopy.cli.terminal.ByteSize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Busy relays beside thousands that rest, against the same alone. Two engines, each in a process of
 * its own; the ends of those that rest are in another one than the ends of those that are busy.
 */
final class ManyRelayRow implements ProxyRow {
    private static final int BUSY = 100;
    private static final int WARM_UP_ROUNDS = 2;

    /** What the JVM and the busy relays have open, beside two for each that rests. */
    private static final int OTHER_DESCRIPTORS = 1000;

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final String LIMIT_OF_DESCRIPTORS = "Max open files";

    @Override
    public String word() {
        return "relay-many";
    }

    @Override
    public List<Figures> measure(RelayStage stage) throws BenchException {
        Options options = stage.options();
        int resting = options.relays() - BUSY;
        long descriptors = 2L * resting + OTHER_DESCRIPTORS;
        if (descriptorsMax() < descriptors) {
            stage.setting()
                    .skip(
                            "row " + word(),
                            "a process may have "
                                    + descriptorsMax()
                                    + " descriptors here, and it takes "
                                    + descriptors
                                    + ": raise the limit by ulimit -n, or choose fewer --relays");
            return List.of();
        }
        Load others = Load.start(options, stage.setting().workspace());
        ProxyProcess alone = startEngine(stage, BUSY + " alone", false, stage.load());
        ProxyProcess beside =
                startEngine(stage, BUSY + " beside " + resting, true, stage.load(), others);
        String memory = rest(stage, others, beside, resting);
        long bytes = options.relayBytes();
        String name =
                String.format(
                        Locale.ROOT,
                        "relay, %d busy of %d, %s",
                        BUSY,
                        options.relays(),
                        new ByteSize(bytes));
        Figures figures =
                stage.measure(
                        new Figures(name, BulkRelayRow.FIGURES, List.of(memory)),
                        List.of(alone, beside),
                        WARM_UP_ROUNDS,
                        proxy ->
                                BulkRelayRow.round(
                                        stage.load(), proxy, BUSY, bytes, BulkRelayRow.CALL_BYTES));
        others.close();
        return List.of(figures);
    }

    /** The one with those that rest is the one that has to be as good as the other. */
    private static ProxyProcess startEngine(
            RelayStage stage, String who, boolean isOurs, Load... backends) throws BenchException {
        List<Integer> ports = new ArrayList<>();
        for (Load backend : backends) {
            ports.add(backend.port());
        }
        ProxyProcess engine = stage.proxies().start(RelayContender.ENGINE, ports).orElseThrow();
        Figures.Subject subject =
                new Figures.Subject(engine.subject().title() + ", " + who, isOurs, false);
        return new ProxyProcess(subject, engine.pid(), engine.ports());
    }

    /** Opens those that rest; says how much of the heap each of them takes. */
    private static String rest(RelayStage stage, Load others, ProxyProcess engine, int resting)
            throws BenchException {
        ClassHistogram histogram = ClassHistogram.beside(stage.proxies().java());
        int port = engine.ports().get(1);
        // What the first relays load stays, however many there are.
        others.open(port, BUSY);
        others.close();
        Optional<Long> before = histogram.liveBytes(engine.pid());
        others.open(port, resting);
        Optional<Long> after = histogram.liveBytes(engine.pid());
        if (before.isEmpty() || after.isEmpty()) {
            stage.setting().skip("live objects of relays", "this Java has no jcmd");
            return "Live objects on the Java heap: not counted.";
        }
        return String.format(
                Locale.ROOT,
                "Live objects on the Java heap, by the class histogram after a collection: %d bytes"
                        + " for each of the %d relays that rest.",
                (after.get() - before.get()) / resting,
                resting);
    }

    private static long descriptorsMax() throws BenchException {
        try {
            return descriptorsMax(Files.readAllLines(LIMITS));
        } catch (IOException e) {
            throw new BenchException("can't read " + LIMITS + ": " + e.getMessage(), e);
        }
    }

    /** The line is "Max open files SOFT HARD files"; programs may raise the one to the other. */
    static long descriptorsMax(List<String> limits) {
        return limits.stream()
                .filter(line -> line.startsWith(LIMIT_OF_DESCRIPTORS))
                .map(line -> line.substring(LIMIT_OF_DESCRIPTORS.length()).strip().split("\\s+")[1])
                .mapToLong(hard -> hard.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(hard))
                .findFirst()
                .orElse(0);
    }
}
