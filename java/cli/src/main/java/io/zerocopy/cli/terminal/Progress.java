package io.zerocopy.cli.terminal;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says what is going on: a line that keeps changing on a terminal, whole lines only elsewhere. */
public final class Progress {
    private static final String ERASE_LINE = "\r\033[K";

    /** What does not fit is cut: of two lines only the second could be erased. */
    private static final String WITHOUT_WRAPPING = "\033[?7l%s\033[?7h";

    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;

    private final PrintWriter out;
    private final boolean live;
    private boolean hasStep;

    public Progress(PrintWriter out, boolean live) {
        this.out = out;
        this.live = live;
    }

    /** For the writer of the standard output. */
    public static Progress onStandardOutput(PrintWriter out) {
        return new Progress(out, isTerminal(STANDARD_OUTPUT) && System.getenv("CI") == null);
    }

    /** For the writer of the standard error stream. */
    public static Progress onStandardError(PrintWriter err) {
        return new Progress(err, isTerminal(STANDARD_ERROR) && System.getenv("CI") == null);
    }

    /** Whether steps are seen at all. */
    public boolean isLive() {
        return live;
    }

    /** Something short-lived: seen on a terminal only, until the next step or line. */
    public synchronized void step(String text) {
        if (live) {
            out.print(ERASE_LINE + String.format(WITHOUT_WRAPPING, text));
            out.flush();
            hasStep = true;
        }
    }

    /** Something to stay. */
    public synchronized void line(String text) {
        clear();
        out.println(text);
        out.flush();
    }

    /** Takes the last step off the terminal. */
    public synchronized void clear() {
        if (hasStep) {
            out.print(ERASE_LINE);
            out.flush();
            hasStep = false;
        }
    }

    /** The console of the JDK answers for input and output together; the kernel for each. */
    private static boolean isTerminal(int descriptor) {
        try {
            Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor));
            return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException noProcFileSystem) {
            return false;
        }
    }
}
