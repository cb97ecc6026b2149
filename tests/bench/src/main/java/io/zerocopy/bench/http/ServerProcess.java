package io.zerocopy.bench.http;

import io.zerocopy.bench.BenchException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The account of a server: what its process and the processes that it started have used. */
public final class ServerProcess {
    private final ProcessHandle process;

    public ServerProcess(ProcessHandle process) {
        this.process = process;
    }

    /**
     * CPU time, user and system, of all threads that are alive. Exact to the nanosecond for those
     * that sleep; up to a tick late for one that runs.
     *
     * <p>What ended threads have used is not in it: of a server that ends threads the difference of
     * two calls says too little.
     */
    public long cpuNanos() throws BenchException {
        long nanos = 0;
        for (long pid : pids()) {
            nanos += cpuNanos(Path.of("/proc", Long.toString(pid), "task"));
        }
        return nanos;
    }

    /** The process first, then those it started. */
    public List<Long> pids() {
        return Stream.concat(Stream.of(process), process.descendants())
                .map(ProcessHandle::pid)
                .toList();
    }

    private static long cpuNanos(Path tasks) throws BenchException {
        long nanos = 0;
        try (Stream<Path> threads = Files.list(tasks)) {
            for (Path thread : threads.toList()) {
                nanos += nanosOfThread(thread.resolve("schedstat"));
            }
        } catch (IOException e) {
            throw new BenchException("a server is gone: " + e.getMessage(), e);
        }
        return nanos;
    }

    /** The file is "nanoseconds on a core, nanoseconds waiting for one, turns". */
    private static long nanosOfThread(Path schedstat) throws IOException {
        try {
            return Long.parseLong(Files.readString(schedstat).split(" ")[0]);
        } catch (NoSuchFileException e) {
            // It has ended since it was listed.
            return 0;
        }
    }
}
