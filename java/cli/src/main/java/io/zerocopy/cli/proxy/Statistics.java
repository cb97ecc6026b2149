package io.zerocopy.cli.proxy;

import io.zerocopy.cli.terminal.Progress;
import io.zerocopy.cli.terminal.Quantities;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** The line that a terminal shows every second, and the words at the end. */
final class Statistics {
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Books books;
    private final Progress progress;
    private final long begunNanos = System.nanoTime();
    private long shownNanos = begunNanos;
    private Books.Totals shown;

    Statistics(Books books, Progress progress) {
        this.books = books;
        this.progress = progress;
        this.shown = books.totals();
    }

    /** How long until the next line is due; at least 1, and for ever where nobody sees it. */
    long leftNanos(long now) {
        return progress.isLive() ? Math.max(shownNanos + INTERVAL_NANOS - now, 1) : Long.MAX_VALUE;
    }

    /** Shows the line if it is due. */
    void showIfDue(long now) {
        if (!progress.isLive() || now - shownNanos < INTERVAL_NANOS) {
            return;
        }
        Books.Totals totals = books.totals();
        progress.step(line(shown, totals, now - shownNanos));
        shown = totals;
        shownNanos = now;
    }

    /** What the proxy has done in all. */
    String summary() {
        Books.Totals totals = books.totals();
        Duration elapsed = Duration.ofNanos(System.nanoTime() - begunNanos);
        return String.format(
                Locale.ROOT,
                "accepted %d connections in %s: %d done, %d refused, %d failed, %d idle, %d cut"
                        + " off; %s to back ends, %s to clients",
                totals.accepted(),
                Quantities.time(elapsed),
                totals.done(),
                totals.refused(),
                totals.failed(),
                totals.idle(),
                totals.cutOff(),
                Quantities.bytes(totals.bytesToServers()),
                Quantities.bytes(totals.bytesToClients()));
    }

    static String line(Books.Totals before, Books.Totals now, long nanos) {
        return String.format(
                Locale.ROOT,
                "%d open, %d done, %d refused, %d failed; -> %s, %s; <- %s, %s",
                now.open(),
                now.done(),
                now.refused(),
                now.failed() + now.idle(),
                Quantities.rate(now.bytesToServers() - before.bytesToServers(), nanos),
                Quantities.bytes(now.bytesToServers()),
                Quantities.rate(now.bytesToClients() - before.bytesToClients(), nanos),
                Quantities.bytes(now.bytesToClients()));
    }
}
