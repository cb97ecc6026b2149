package io.zerocopy.cli.compare;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reading and writing system calls of one thread, as the kernel accounts them. It costs nothing,
 * but shows less than strace: no other calls, and a sendfile as one read and one write.
 */
public record IoCalls(long reads, long writes) {
    private static final Path OF_THIS_THREAD = Path.of("/proc/thread-self/io");

    /** Sends and counts at once. A kernel without the accounting makes it fail. */
    static final class Counting implements Sending {
        private final Sending method;
        private IoCalls counted;

        Counting(Sending method) {
            this.method = method;
        }

        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            IoCalls first = ofThisThread();
            IoCalls second = ofThisThread();
            long sent = method.send(file, target);
            // Asking reads a file, too: what the second asking cost, the third did.
            counted = ofThisThread().since(second).since(second.since(first));
            return sent;
        }

        IoCalls counted() {
            return counted;
        }
    }

    public long total() {
        return reads + writes;
    }

    static boolean areAccounted() {
        return Files.isReadable(OF_THIS_THREAD);
    }

    private IoCalls since(IoCalls earlier) {
        return new IoCalls(reads - earlier.reads, writes - earlier.writes);
    }

    private static IoCalls ofThisThread() throws IOException {
        List<String> lines = Files.readAllLines(OF_THIS_THREAD);
        return new IoCalls(ProcFields.number(lines, "syscr:"), ProcFields.number(lines, "syscw:"));
    }
}
