package io.zerocopy.bench.http;

import io.zerocopy.bench.BenchException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The account of a server: what its process and the processes that it started have used. */
public final class ServerProcess {
    private static final String VOLUNTARY = "voluntary_ctxt_switches:";
    private static final String INVOLUNTARY = "nonvoluntary_ctxt_switches:";

    private final ProcessHandle process;

    public ServerProcess(ProcessHandle process) {
        this.process = process;
    }

    /**
     * What the threads that are alive have used since they began.
     *
     * @param cpuNanos user and system time; up to a tick late for a thread that runs
     * @param voluntary how often they went to sleep
     * @param involuntary how often they were sent away while they could run
     */
    public record Usage(long cpuNanos, long voluntary, long involuntary) {
        private static final Usage NONE = new Usage(0, 0, 0);

        /** What was used after {@code before}. */
        public Usage since(Usage before) {
            return new Usage(
                    cpuNanos - before.cpuNanos,
                    voluntary - before.voluntary,
                    involuntary - before.involuntary);
        }

        private Usage plus(Usage other) {
            return new Usage(
                    cpuNanos + other.cpuNanos,
                    voluntary + other.voluntary,
                    involuntary + other.involuntary);
        }
    }

    /**
     * What it has used until now. What ended threads have used is not in it: of a server that ends
     * threads the difference of two calls says too little.
     */
    public Usage usage() throws BenchException {
        Usage usage = Usage.NONE;
        for (long pid : pids()) {
            usage = usage.plus(usageOf(Path.of("/proc", Long.toString(pid), "task")));
        }
        return usage;
    }

    /** The CPU time of {@link #usage}. */
    public long cpuNanos() throws BenchException {
        return usage().cpuNanos();
    }

    /** The process first, then those it started. */
    public List<Long> pids() {
        return Stream.concat(Stream.of(process), process.descendants())
                .map(ProcessHandle::pid)
                .toList();
    }

    private static Usage usageOf(Path tasks) throws BenchException {
        Usage usage = Usage.NONE;
        try (Stream<Path> threads = Files.list(tasks)) {
            for (Path thread : threads.toList()) {
                usage = usage.plus(usageOfThread(thread));
            }
        } catch (IOException e) {
            throw new BenchException("a server is gone: " + e.getMessage(), e);
        }
        return usage;
    }

    private static Usage usageOfThread(Path thread) throws IOException {
        try {
            // "nanoseconds on a core, nanoseconds waiting for one, turns".
            String account = Files.readString(thread.resolve("schedstat"));
            List<String> status = Files.readAllLines(thread.resolve("status"));
            return new Usage(
                    Long.parseLong(account.split(" ")[0]),
                    number(status, VOLUNTARY),
                    number(status, INVOLUNTARY));
        } catch (IOException e) {
            if (Files.exists(thread)) {
                throw e;
            }
            // It has ended since it was listed.
            return Usage.NONE;
        }
    }

    private static long number(List<String> status, String name) throws IOException {
        for (String line : status) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.substring(name.length()).strip());
            }
        }
        throw new IOException("this kernel does not tell " + name);
    }
}
