package io.zerocopy.bench.http;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Tool;
import io.zerocopy.bench.Workspace;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * wrk, which asks for one file over and over on many connections that it keeps, by one thread.
 *
 * @param workspace for its script, and so that it ends when the benchmark does
 * @param prefix of its command, which decides about the core that it is on
 * @param connections at once
 * @param seconds of one run; wrk takes whole ones only
 */
public record WrkLoad(Workspace workspace, List<String> prefix, int connections, int seconds) {
    public static final Tool WRK = new Tool("wrk", "wrk");

    /** A run ends late where the server does not answer: then wrk waits for 2 s. */
    private static final int LATE_SECONDS_MAX = 30;

    private static final String WORD = "counted";

    /** What wrk prints itself is rounded to three digits. */
    private static final String SCRIPT =
            """
            function done(summary)
                local errors = summary.errors
                io.write(string.format("counted %d %d %d %d %d %d %d %d\\n",
                    summary.duration, summary.requests, summary.bytes,
                    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
            end
            """;

    /**
     * What one run came to.
     *
     * @param wallNanos from the first connection to the last answer counted
     * @param requests answered in that time
     * @param bytes of the answers, headers too, and of those that were not over at the end
     */
    public record Result(long wallNanos, long requests, long bytes) {
        /**
         * Reads the line of the script.
         *
         * @throws BenchException if it is another line, nothing was answered or an answer was
         *     wrong: figures of failures say nothing
         */
        static Result parse(String line) throws BenchException {
            String[] words = line.split(" ");
            if (words.length != 9 || !words[0].equals(WORD)) {
                throw new BenchException("wrk said \"" + line + "\"");
            }
            long[] numbers = new long[8];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = number(line, words[i + 1]);
            }
            long errors = numbers[3] + numbers[4] + numbers[5] + numbers[6] + numbers[7];
            if (errors != 0 || numbers[0] <= 0 || numbers[1] <= 0) {
                throw new BenchException(
                        String.format(
                                "wrk counted %d answers in %d us, and errors: connect %d, read %d,"
                                        + " write %d, status %d, time-out %d",
                                numbers[1],
                                numbers[0],
                                numbers[3],
                                numbers[4],
                                numbers[5],
                                numbers[6],
                                numbers[7]));
            }
            return new Result(TimeUnit.MICROSECONDS.toNanos(numbers[0]), numbers[1], numbers[2]);
        }

        private static long number(String line, String word) throws BenchException {
            try {
                return Long.parseLong(word);
            } catch (NumberFormatException e) {
                throw new BenchException("wrk said \"" + line + "\"", e);
            }
        }
    }

    /** Where a server has a file. */
    public static URI uri(InetSocketAddress address, String file) {
        String host = address.getAddress().getHostAddress();
        return URI.create("http://" + host + ":" + address.getPort() + "/" + file);
    }

    /**
     * Runs once, and returns when it is over.
     *
     * @throws BenchException if an answer was missing or wrong
     */
    public Result run(URI uri) throws BenchException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(WRK.program(), "-t1", "-c" + connections, "-d" + seconds + "s"));
        command.addAll(List.of("-s", script().toString(), uri.toString()));
        Process process = workspace.start(command);
        String counted = null;
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                counted = line.startsWith(WORD) ? line : counted;
            }
            if (!process.waitFor(LATE_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new BenchException("wrk failed at " + uri + "; what it said is above");
            }
        } catch (IOException e) {
            throw new BenchException("can't read what wrk says: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
        if (counted == null) {
            throw new BenchException("wrk said nothing about " + uri);
        }
        return Result.parse(counted);
    }

    private Path script() throws BenchException {
        Path file = workspace.runtimeFolder().resolve("wrk.lua");
        try {
            return Files.exists(file) ? file : Files.writeString(file, SCRIPT);
        } catch (IOException e) {
            throw new BenchException("can't write " + file + ": " + e.getMessage(), e);
        }
    }
}
