package io.zerocopy.cli.terminal;

import java.util.Locale;
import java.util.function.LongSupplier;

/** How far something is that has a known number of bytes: a bar, bytes, rate, time left. */
public final class ProgressBar {
    private static final int BAR_CHARACTERS = 24;

    /** The rate that is shown follows the real one as a mean of about so long a time. */
    private static final double MEMORY_NANOS = 2e9;

    private final Progress progress;
    private final long totalBytes;
    private final LongSupplier clock;
    private long lastNanos;
    private long lastBytes;
    private double bytesPerNano = Double.NaN;

    public ProgressBar(Progress progress, long totalBytes) {
        this(progress, totalBytes, System::nanoTime);
    }

    ProgressBar(Progress progress, long totalBytes, LongSupplier clock) {
        this.progress = progress;
        this.totalBytes = totalBytes;
        this.clock = clock;
        this.lastNanos = clock.getAsLong();
    }

    /** Shows that so many bytes are done. */
    public void show(long doneBytes) {
        long now = clock.getAsLong();
        measure(doneBytes, now - lastNanos);
        lastNanos = now;
        lastBytes = doneBytes;
        progress.step(text(doneBytes));
    }

    private void measure(long doneBytes, long nanos) {
        if (nanos <= 0) {
            return;
        }
        double latest = (double) (doneBytes - lastBytes) / nanos;
        double weight = 1 - Math.exp(-nanos / MEMORY_NANOS);
        bytesPerNano =
                Double.isNaN(bytesPerNano)
                        ? latest
                        : bytesPerNano + weight * (latest - bytesPerNano);
    }

    private String text(long doneBytes) {
        double share = totalBytes == 0 ? 1 : (double) doneBytes / totalBytes;
        int full = (int) (share * BAR_CHARACTERS);
        String bar = "=".repeat(full) + (full < BAR_CHARACTERS ? ">" : "");
        return String.format(
                Locale.ROOT,
                "%3d%% [%-" + BAR_CHARACTERS + "s] %s of %s%s",
                (int) (share * 100),
                bar,
                Quantities.bytes(doneBytes),
                Quantities.bytes(totalBytes),
                rateAndTimeLeft(totalBytes - doneBytes));
    }

    private String rateAndTimeLeft(long leftBytes) {
        if (Double.isNaN(bytesPerNano) || bytesPerNano <= 0) {
            return "";
        }
        long leftSeconds = (long) Math.ceil(leftBytes / bytesPerNano / 1e9);
        return ", "
                + Quantities.rate(Math.round(bytesPerNano * 1e9), 1_000_000_000L)
                + ", "
                + Quantities.clock(leftSeconds)
                + " left";
    }
}
