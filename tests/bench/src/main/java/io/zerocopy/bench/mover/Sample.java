package io.zerocopy.bench.mover;

/**
 * One timed burst of transfers.
 *
 * @param wallNanos from the first byte moved until the target had the last one
 * @param cpuNanos user and system time of the thread that moves
 * @param processCpuNanos the same of all threads of its process
 * @param voluntary how often the thread went to sleep
 * @param involuntary how often it was sent away while it could run
 */
public record Sample(
        long wallNanos, long cpuNanos, long processCpuNanos, long voluntary, long involuntary) {
    private static final String WORD = "done";

    /** As a line of text; {@link #parse} reads it. The C program writes the same. */
    String toLine() {
        return String.join(
                " ",
                WORD,
                "" + wallNanos,
                "" + cpuNanos,
                "" + processCpuNanos,
                "" + voluntary,
                "" + involuntary);
    }

    /**
     * The sample that a mover has answered.
     *
     * @throws IllegalArgumentException if the line is something else
     */
    public static Sample parse(String line) {
        String[] words = line.split(" ");
        if (words.length != 6 || !words[0].equals(WORD)) {
            throw new IllegalArgumentException("not a sample: " + line);
        }
        return new Sample(
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]));
    }
}
