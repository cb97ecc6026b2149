package io.zerocopy.cli.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Context switches of one thread, as the kernel counts them.
 *
 * @param voluntary the thread went to sleep: it waited for the receiver or the disk
 * @param involuntary the thread was sent away while it could run
 */
public record ContextSwitches(long voluntary, long involuntary) {
    private static final Path OF_THIS_THREAD = Path.of("/proc/thread-self/status");

    public static ContextSwitches ofThisThread() throws IOException {
        return parse(Files.readAllLines(OF_THIS_THREAD));
    }

    public ContextSwitches since(ContextSwitches earlier) {
        return new ContextSwitches(
                voluntary - earlier.voluntary, involuntary - earlier.involuntary);
    }

    public long total() {
        return voluntary + involuntary;
    }

    static ContextSwitches parse(List<String> status) throws IOException {
        return new ContextSwitches(
                ProcFields.number(status, "voluntary_ctxt_switches:"),
                ProcFields.number(status, "nonvoluntary_ctxt_switches:"));
    }
}
