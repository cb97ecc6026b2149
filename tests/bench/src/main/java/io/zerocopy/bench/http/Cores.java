package io.zerocopy.bench.http;

import io.zerocopy.bench.Tool;

import java.util.List;

/**
 * Which core the servers run on and which the load, one each, so that the scheduler does not bill
 * the work of one to the other.
 */
public final class Cores {
    private static final Tool TASKSET = new Tool("taskset", "util-linux");

    private Cores() {}

    /** What to put before the command of a server. Empty where there is a single core. */
    public static List<String> serverPrefix() {
        return prefix(0);
    }

    /** What to put before the command of the load. */
    public static List<String> loadPrefix() {
        return prefix(Runtime.getRuntime().availableProcessors() - 1);
    }

    /** For reports. */
    public static String describe() {
        return serverPrefix().isEmpty()
                ? "servers and load wherever the scheduler puts them: CPU times vary"
                : "servers by " + text(serverPrefix()) + ", load by " + text(loadPrefix());
    }

    private static String text(List<String> words) {
        return String.join(" ", words);
    }

    private static List<String> prefix(int core) {
        boolean canPin =
                Runtime.getRuntime().availableProcessors() >= 2 && TASKSET.find().isPresent();
        return canPin ? List.of(TASKSET.program(), "-c", Integer.toString(core)) : List.of();
    }
}
