package io.zerocopy.cli.compare;

import java.io.Console;
import java.io.PrintWriter;

/** Says what is going on: a line that keeps changing on a terminal, whole lines only elsewhere. */
public final class Progress {
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintWriter out;
    private final boolean live;

    public Progress(PrintWriter out, boolean live) {
        this.out = out;
        this.live = live;
    }

    public static Progress onTerminal(PrintWriter out) {
        return new Progress(out, isTerminal() && System.getenv("CI") == null);
    }

    /** Something short-lived: seen on a terminal only, until the next step or line. */
    public void step(String text) {
        if (live) {
            out.print(ERASE_LINE + text);
            out.flush();
        }
    }

    /** Something to stay. */
    public void line(String text) {
        out.println(live ? ERASE_LINE + text : text);
        out.flush();
    }

    /** From JDK 22 on a console need not be a terminal; before, there was no way to ask. */
    private static boolean isTerminal() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException olderJdk) {
            return true;
        }
    }
}
