package io.zerocopy.bench.relay;

import io.zerocopy.bench.Numbers;

import java.util.function.DoubleFunction;

/** What is told about a proxy: a number for each round. */
public enum Figure {
    GIGABYTES_PER_SECOND("GB/s", "throughput", true, Numbers::plain),
    CPU_SECONDS_PER_GIGABYTE("CPU s/GB", "cpu", false, Numbers::plain),
    REQUESTS_PER_SECOND("requests/s", "throughput", true, Numbers::plain),
    CPU_PER_REQUEST("CPU per request", "cpu", false, Numbers::duration),
    P50("p50", "p50", false, Numbers::duration),
    P99("p99", "p99", false, Numbers::duration),
    CPU_PER_EXCHANGE("CPU per exchange", "cpu", false, Numbers::duration);

    private final String title;
    private final String word;
    private final boolean moreIsBetter;
    private final DoubleFunction<String> format;

    Figure(String title, String word, boolean moreIsBetter, DoubleFunction<String> format) {
        this.title = title;
        this.word = word;
        this.moreIsBetter = moreIsBetter;
        this.format = format;
    }

    /** In tables. */
    public String title() {
        return title;
    }

    /** In names of files. */
    public String word() {
        return word;
    }

    public boolean moreIsBetter() {
        return moreIsBetter;
    }

    /** What a chart shows: times in microseconds. */
    public String axis() {
        return isTime() ? title + " in µs" : title;
    }

    /** The value as a chart shows it. */
    public double onAxis(double value) {
        return isTime() ? value / 1000 : value;
    }

    private boolean isTime() {
        return this != GIGABYTES_PER_SECOND
                && this != CPU_SECONDS_PER_GIGABYTE
                && this != REQUESTS_PER_SECOND;
    }

    /** For people, with its unit. */
    public String text(double value) {
        return format.apply(value);
    }
}
