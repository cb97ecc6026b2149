package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What is alive on the heap of a JVM, as jcmd counts it, which collects garbage before. */
record ClassHistogram(Path jcmd) {
    private static final String TOTAL = "Total";

    /** That of the JDK that this program belongs to. */
    static ClassHistogram beside(Path java) {
        return new ClassHistogram(java.resolveSibling("jcmd"));
    }

    /** Nothing where the JDK is none, but a runtime. */
    Optional<Long> liveBytes(long pid) throws BenchException {
        if (!Files.isExecutable(jcmd)) {
            return Optional.empty();
        }
        // What has ended a moment ago is let go of by threads that may not have run yet.
        totalBytes(run(pid));
        return Optional.of(totalBytes(run(pid)));
    }

    private List<String> run(long pid) throws BenchException {
        return CommandOutput.lines(jcmd.toString(), "" + pid, "GC.class_histogram");
    }

    /** The last line is "Total INSTANCES BYTES". */
    static long totalBytes(List<String> lines) throws BenchException {
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words.length == 3 && words[0].equals(TOTAL)) {
                return Long.parseLong(words[2]);
            }
        }
        throw new BenchException("jcmd said " + String.join("\n", lines));
    }
}
