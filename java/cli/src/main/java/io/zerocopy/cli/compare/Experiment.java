package io.zerocopy.cli.compare;

import io.zerocopy.cli.terminal.ByteSize;
import io.zerocopy.cli.terminal.Progress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Sends every subject by every method and measures, in this order: a verified pass, which also
 * warms the page cache; a pass that counts system calls; then the timed rounds. A round sends the
 * file once by each method, in an order that turns from round to round, so that whatever else the
 * machine does hits all of them alike.
 */
public final class Experiment {
    private static final ByteSize WARM_UP_SIZE = new ByteSize(4_000_000);
    private static final int WARM_UP_ROUNDS = 20;

    private static final int ROUNDS_MAX = 31;
    private static final int ROUNDS_MIN = 5;
    private static final int ROUNDS_MIN_BIG = 3;
    private static final long BIG_BYTES = 500_000_000;

    /** A transfer slower than this is taken for a hang. */
    private static final long BYTES_PER_SECOND_MIN = 5_000_000;

    private static final long TRANSFER_SECONDS_MIN = 60;

    private final Plan plan;
    private final Progress progress;

    private Workspace workspace;
    private ReceiverProcess receiver;
    private Sender sender;
    private SystemCallCounter counter;

    public Experiment(Plan plan, Progress progress) {
        this.plan = plan;
        this.progress = progress;
    }

    public Results run() throws IOException, ExperimentException {
        TimeBudget budget = new TimeBudget(plan.budget(), plan.subjects());
        List<Row> rows = new ArrayList<>();
        String cores;
        try (Workspace opened = Workspace.open(plan.output());
                Pinning pinning = Pinning.ofThisThread();
                ReceiverProcess started = ReceiverProcess.start(opened, pinning);
                Sender made = new Sender(started.address(), transferLimit(), started::kill)) {
            workspace = opened;
            receiver = started;
            sender = made;
            cores = pinning.describe();
            Path small = SampleFile.make(workspace.folder().resolve("warm-up"), WARM_UP_SIZE);
            counter = new SystemCallCounter(workspace, receiver.address(), small);
            warmUp(small);
            for (int i = 0; i < plan.subjects().size(); i++) {
                rows.addAll(measure(plan.subjects().get(i), budget.shareOf(i)));
            }
        }
        return new Results(Environment.current(cores), rows, counter.causeOfAbsence());
    }

    /** Until the JIT compilers of both JVMs have done most of their work. */
    private void warmUp(Path small) throws ExperimentException {
        for (int round = 0; round < WARM_UP_ROUNDS; round++) {
            progress.step("warming up, round " + (round + 1) + " of " + WARM_UP_ROUNDS);
            for (SendMethod method : SendMethod.values()) {
                send(method, small);
            }
        }
    }

    private List<Row> measure(Subject subject, Duration share) throws ExperimentException {
        long start = System.nanoTime();
        long deadline = start + share.toNanos();
        progress.step(subject.label() + ": preparing the file");
        Path file =
                subject.file() != null
                        ? subject.file()
                        : SampleFile.make(workspace.folder().resolve("sample"), subject.size());
        try {
            long crc32c = SampleFile.crc32c(file);
            Map<SendMethod, IoCalls> ioCalls = verify(subject, file, crc32c);
            progress.step(subject.label() + ": counting system calls");
            Map<SendMethod, SystemCalls> calls = counter.count(file, ioCalls);
            Map<SendMethod, List<Measurement>> rounds = timedRounds(subject, file, deadline);
            progress.line(
                    String.format(
                            "%s: %d rounds, %.0f s",
                            subject.label(),
                            rounds.get(SendMethod.HEAP_8K).size(),
                            (System.nanoTime() - start) / 1e9));
            List<Row> rows = new ArrayList<>();
            rounds.forEach(
                    (method, measured) ->
                            rows.add(
                                    new Row(
                                            subject,
                                            method,
                                            measured,
                                            calls.get(method),
                                            ioCalls.get(method),
                                            crc32c)));
            return rows;
        } finally {
            if (subject.file() == null) {
                delete(file);
            }
        }
    }

    /** Every method must deliver what the file holds, or its times mean nothing. */
    private Map<SendMethod, IoCalls> verify(Subject subject, Path file, long expected)
            throws ExperimentException {
        Map<SendMethod, IoCalls> ioCalls = new EnumMap<>(SendMethod.class);
        for (SendMethod method : SendMethod.values()) {
            progress.step(subject.label() + ": verifying " + method.title());
            Receipt receipt = sendChecked(method, file, ioCalls);
            if (receipt.bytes() != subject.size().bytes() || receipt.crc32c() != expected) {
                throw new ExperimentException(
                        String.format(
                                "%s delivered other bytes than %s holds: %d bytes with CRC32C %08x,"
                                        + " expected %d with %08x",
                                method.title(),
                                subject.label(),
                                receipt.bytes(),
                                receipt.crc32c(),
                                subject.size().bytes(),
                                expected));
            }
        }
        return ioCalls;
    }

    private Map<SendMethod, List<Measurement>> timedRounds(
            Subject subject, Path file, long deadline) throws ExperimentException {
        Map<SendMethod, List<Measurement>> rounds = new EnumMap<>(SendMethod.class);
        // Collects what the last subject left, mappings above all, now and not within a round.
        System.gc();
        SendMethod[] methods = SendMethod.values();
        int roundsMin = plan.rounds() > 0 ? plan.rounds() : roundsMin(subject);
        int roundsMax = plan.rounds() > 0 ? plan.rounds() : ROUNDS_MAX;
        long roundNanos = 0;
        for (int round = 0; round < roundsMax; round++) {
            long start = System.nanoTime();
            if (round >= roundsMin && start + roundNanos > deadline) {
                break;
            }
            for (int i = 0; i < methods.length; i++) {
                SendMethod method = methods[(round + i) % methods.length];
                progress.step(subject.label() + ": round " + (round + 1) + ", " + method.title());
                rounds.computeIfAbsent(method, none -> new ArrayList<>()).add(send(method, file));
            }
            roundNanos = System.nanoTime() - start;
        }
        return rounds;
    }

    private Measurement send(SendMethod method, Path file) throws ExperimentException {
        try {
            return sender.sendDiscarded(method, file);
        } catch (IOException failure) {
            throw failed(method, failure);
        }
    }

    private Receipt sendChecked(SendMethod method, Path file, Map<SendMethod, IoCalls> ioCalls)
            throws ExperimentException {
        try {
            if (!IoCalls.areAccounted()) {
                return sender.sendChecked(method, file).receipt();
            }
            IoCalls.Counting counting = new IoCalls.Counting(method);
            Receipt receipt = sender.sendChecked(counting, file).receipt();
            ioCalls.put(method, counting.counted());
            return receipt;
        } catch (IOException failure) {
            throw failed(method, failure);
        }
    }

    private ExperimentException failed(SendMethod method, IOException failure) {
        return new ExperimentException(
                "sending by "
                        + method.title()
                        + " failed: "
                        + failure.getMessage()
                        + receiver.obituary(),
                failure);
    }

    private Duration transferLimit() {
        long bytesMax =
                plan.subjects().stream()
                        .mapToLong(subject -> subject.size().bytes())
                        .max()
                        .orElse(0);
        return Duration.ofSeconds(TRANSFER_SECONDS_MIN + bytesMax / BYTES_PER_SECOND_MIN);
    }

    private static int roundsMin(Subject subject) {
        return subject.size().bytes() < BIG_BYTES ? ROUNDS_MIN : ROUNDS_MIN_BIG;
    }

    private static void delete(Path file) throws ExperimentException {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            throw new ExperimentException("cannot delete " + file + ": " + failure, failure);
        }
    }
}
