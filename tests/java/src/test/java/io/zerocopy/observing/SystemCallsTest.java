package io.zerocopy.observing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Command;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Goal: a large file goes to a socket without one byte of it passing through user space, in a
 * handful of system calls.
 *
 * <p>Method: strace lists the calls of a child JVM that sends 64 MiB; all its threads count. The
 * same child without sendfile shows that the payload would be seen.
 */
class SystemCallsTest {
    private static final int PAYLOAD_BYTES = 64 << 20;

    /** What the threads of a JVM may read and write meanwhile: bytes that wake others. */
    private static final long OTHER_BYTES_MAX = 64 << 10;

    private static final int SENDFILE_CALLS_MAX = 8;

    /** Every call that carries bytes between the kernel and the program. */
    private static final List<String> COPYING =
            List.of(
                    "read",
                    "pread64",
                    "readv",
                    "preadv",
                    "preadv2",
                    "write",
                    "pwrite64",
                    "writev",
                    "pwritev",
                    "pwritev2",
                    "sendto",
                    "sendmsg",
                    "recvfrom",
                    "recvmsg");

    private static final List<String> IN_KERNEL = List.of("sendfile", "splice", "copy_file_range");

    /** A call that is over and its answer: on one line, or resumed after another thread's. */
    private static final Pattern ANSWER =
            Pattern.compile("^\\d+ +(?:<\\.\\.\\. (\\w+) resumed>|(\\w+)\\().*= (\\d+)\\b.*$");

    @TempDir Path folder;

    @Test
    void aLargeFileIsSentWithoutReadingOrWritingIt() throws Exception {
        Calls calls = trace("");
        System.out.println("64 MiB to a socket: " + calls);
        assertEquals(PAYLOAD_BYTES, calls.bytes(List.of("sendfile")), calls::toString);
        assertTrue(calls.bytes(COPYING) < OTHER_BYTES_MAX, calls::toString);
        assertTrue(calls.count(IN_KERNEL) <= SENDFILE_CALLS_MAX, calls::toString);
    }

    @Test
    void withoutZeroCopyTheSameCountFindsThePayloadTwice() throws Exception {
        Calls calls = trace("sendfile,mapped");
        assertTrue(calls.bytes(COPYING) >= 2L * PAYLOAD_BYTES, calls::toString);
        assertEquals(0, calls.count(IN_KERNEL), calls::toString);
    }

    private Calls trace(String disabled) throws Exception {
        Path log = folder.resolve("strace.log");
        String traced =
                "trace=%file," + String.join(",", COPYING) + "," + String.join(",", IN_KERNEL);
        List<String> strace =
                List.of("strace", "-f", "-q", "-s", "0", "-e", traced, "-o", log.toString());
        List<String> trial = new ArrayList<>(strace);
        trial.add("true");
        assumeTrue(Command.succeeds(trial), "strace is missing, or may not trace here");
        PatternFile file = PatternFile.dense(folder, 5, PAYLOAD_BYTES);
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            try (ChildJvm.Running child =
                    ChildJvm.of(PayloadProgram.class)
                            .under(strace)
                            .property("io.zerocopy.disable", disabled)
                            .argument(file.path(), port)
                            .start()) {
                try (Receiver receiver = Receiver.checking(server.accept(), file, 0)) {
                    assertEquals(PAYLOAD_BYTES, receiver.awaitEnd());
                }
                ChildJvm.Result result = child.awaitSuccess();
                assertEquals(PAYLOAD_BYTES, result.number("sent"), result::toString);
                assertEquals("true", result.value("available"), result::toString);
            }
        }
        return Calls.between(Files.readAllLines(log));
    }

    /** Counts and sums of the calls between the two marks. */
    private static final class Calls {
        private final Map<String, long[]> countAndBytes = new TreeMap<>();

        static Calls between(List<String> lines) {
            int begin = indexOf(lines, "\"" + PayloadProgram.BEGIN + "\"");
            int end = indexOf(lines, "\"" + PayloadProgram.END + "\"");
            assertTrue(begin >= 0 && end > begin, "the marks are not in the list of calls");
            Calls calls = new Calls();
            for (String line : lines.subList(begin, end)) {
                Matcher answer = ANSWER.matcher(line);
                if (answer.matches()) {
                    String name = answer.group(1) != null ? answer.group(1) : answer.group(2);
                    calls.add(name, Long.parseLong(answer.group(3)));
                }
            }
            return calls;
        }

        private static int indexOf(List<String> lines, String text) {
            for (int index = 0; index < lines.size(); index++) {
                if (lines.get(index).contains(text)) {
                    return index;
                }
            }
            return -1;
        }

        private void add(String name, long answer) {
            long[] entry = countAndBytes.computeIfAbsent(name, key -> new long[2]);
            entry[0]++;
            entry[1] += answer;
        }

        long count(List<String> names) {
            return sum(names, 0);
        }

        long bytes(List<String> names) {
            return sum(names, 1);
        }

        private long sum(List<String> names, int index) {
            return names.stream()
                    .mapToLong(name -> countAndBytes.getOrDefault(name, new long[2])[index])
                    .sum();
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            countAndBytes.forEach(
                    (name, entry) ->
                            text.append(name)
                                    .append(" x ")
                                    .append(entry[0])
                                    .append(", ")
                                    .append(entry[1])
                                    .append(" bytes; "));
            return text.toString();
        }
    }
}
