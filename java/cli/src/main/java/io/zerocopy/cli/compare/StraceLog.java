package io.zerocopy.cli.compare;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Counts the system calls of one thread between two marks in the output of {@code strace -f -o}.
 *
 * <p>A JVM makes thousands of calls on a dozen threads before and beside the one transfer that is
 * to be counted. So the sending thread looks for a file whose name says "begin" before it sends and
 * one that says "end" afterwards. The log shows both, with the thread's number; only what this
 * thread did in between counts.
 */
public final class StraceLog {
    private static final String BEGIN = "/zerocopy-nio-mark/begin/";
    private static final String END = "/zerocopy-nio-mark/end/";

    /** "4711 read(5, ..." and not "4711 <... read resumed>", "--- SIGSEGV" or "+++ exited". */
    private static final Pattern CALL = Pattern.compile("(\\d+)\\s+([a-z_][a-z_0-9]*)\\(.*");

    private static final Pattern MARK =
            Pattern.compile("(" + BEGIN + "|" + END + ")([A-Za-z_0-9]+)\"");

    private final Map<String, SystemCalls> counted = new LinkedHashMap<>();
    private Map<String, Long> open = new TreeMap<>();
    private String openName;
    private String openThread;

    public static void markBegin(String name) {
        touch(BEGIN + name);
    }

    public static void markEnd(String name) {
        touch(END + name);
    }

    public void add(String line) {
        Matcher call = CALL.matcher(line);
        if (!call.matches()) {
            return;
        }
        String thread = call.group(1);
        Matcher mark = MARK.matcher(line);
        if (mark.find()) {
            mark(thread, mark.group(1), mark.group(2));
        } else if (thread.equals(openThread)) {
            open.merge(call.group(2), 1L, Long::sum);
        }
    }

    /** By the marks' name; a begin without its end is not there. */
    public Map<String, SystemCalls> counted() {
        return new HashMap<>(counted);
    }

    private void mark(String thread, String kind, String name) {
        if (kind.equals(BEGIN)) {
            open = new TreeMap<>();
            openName = name;
            openThread = thread;
        } else if (thread.equals(openThread) && name.equals(openName)) {
            counted.put(name, new SystemCalls(open));
            openThread = null;
        }
    }

    /** Asks for the state of a file that is not there: one system call that shows its path. */
    private static void touch(String path) {
        if (Files.exists(Path.of(path))) {
            throw new IllegalStateException(path + " is not supposed to exist");
        }
    }
}
