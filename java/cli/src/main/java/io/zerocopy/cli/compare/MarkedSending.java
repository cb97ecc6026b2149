package io.zerocopy.cli.compare;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Runs in the process that {@link SystemCallCounter} traces. */
public final class MarkedSending {
    /** The tracing process stops this one earlier; it only keeps an orphan from staying. */
    private static final Duration TRANSFER_LIMIT = Duration.ofMinutes(10);

    private MarkedSending() {}

    /**
     * Sends the file by each of the methods, with marks around for {@link StraceLog}, after a round
     * on a small file that loads the classes.
     */
    public static void run(
            InetSocketAddress receiver, Path warmUpFile, Path file, List<SendMethod> methods)
            throws IOException {
        try (Sender sender = new Sender(receiver, TRANSFER_LIMIT, () -> {})) {
            for (SendMethod method : methods) {
                sender.sendDiscarded(marked(method), warmUpFile);
            }
            for (SendMethod method : methods) {
                sender.sendDiscarded(marked(method), file);
            }
        }
    }

    private static Sending marked(SendMethod method) {
        return (file, target) -> {
            StraceLog.markBegin(method.name());
            long sent = method.send(file, target);
            StraceLog.markEnd(method.name());
            return sent;
        };
    }
}
