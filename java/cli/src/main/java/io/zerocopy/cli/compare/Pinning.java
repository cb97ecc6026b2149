package io.zerocopy.cli.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the sending thread on one core and the receiving process on another.
 *
 * <p>Left to itself the scheduler puts both on the same core for some transfers, and then the
 * kernel bills most of the sender's work to the receiver: the same method shows 0.07 or 0.4 CPU
 * seconds per GB. Over a real network the receiver is on another core for certain.
 */
public final class Pinning implements AutoCloseable {
    private static final Path STATUS = Path.of("/proc/thread-self/status");
    private static final String ALLOWED = "Cpus_allowed_list:";
    private static final int SECONDS_MAX = 10;

    private final String allowed;
    private final List<Integer> cores;
    private boolean pinned;

    private Pinning(String allowed, List<Integer> cores) {
        this.allowed = allowed;
        this.cores = cores;
    }

    /** Pins the calling thread if there are two cores, and taskset to do it. */
    public static Pinning ofThisThread() {
        Pinning pinning = new Pinning("", List.of());
        try {
            String allowed = allowedList();
            pinning = new Pinning(allowed, cores(allowed));
            if (pinning.cores.size() >= 2) {
                pinning.pinned = taskset(Integer.toString(pinning.cores.get(0)));
            }
        } catch (IOException notHere) {
            // Then the scheduler decides; describe() says so.
        }
        return pinning;
    }

    /** What to put before the receiver's command. */
    List<String> receiverPrefix() {
        return pinned ? List.of("taskset", "-c", Integer.toString(receiverCore())) : List.of();
    }

    /** Which cores, for reports. */
    public String describe() {
        return pinned
                ? "sender on core " + cores.get(0) + ", receiver on core " + receiverCore()
                : "sender and receiver wherever the scheduler puts them: CPU times vary";
    }

    @Override
    public void close() {
        try {
            if (pinned) {
                taskset(allowed);
            }
        } catch (IOException failure) {
            System.err.println("could not unpin the sending thread: " + failure.getMessage());
        }
    }

    /** "0-2,5" as numbers. */
    static List<Integer> cores(String list) {
        List<Integer> cores = new ArrayList<>();
        for (String range : list.split(",")) {
            String[] ends = range.strip().split("-");
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int core = Integer.parseInt(ends[0]); core <= last; core++) {
                cores.add(core);
            }
        }
        return cores;
    }

    /** The last one: the first one's neighbour may share its core by hyper-threading. */
    private int receiverCore() {
        return cores.get(cores.size() - 1);
    }

    private static String allowedList() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith(ALLOWED)) {
                return line.substring(ALLOWED.length()).strip();
            }
        }
        throw new IOException("this kernel does not tell " + ALLOWED);
    }

    private static boolean taskset(String cores) throws IOException {
        String thread =
                Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
        Process taskset =
                new ProcessBuilder("taskset", "-pc", cores, thread)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        try {
            return taskset.waitFor(SECONDS_MAX, TimeUnit.SECONDS) && taskset.exitValue() == 0;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
