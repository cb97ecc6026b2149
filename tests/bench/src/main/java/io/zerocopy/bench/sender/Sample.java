package io.zerocopy.bench.sender;

/**
 * One timed burst of transfers.
 *
 * @param wallNanos from the first byte sent until the receiver had the last one
 * @param cpuNanos user and system time of the sending thread
 * @param voluntary how often that thread went to sleep
 * @param involuntary how often it was sent away while it could run
 */
public record Sample(long wallNanos, long cpuNanos, long voluntary, long involuntary) {
    private static final String WORD = "done";

    /** As a line of text; {@link #parse} reads it. The C program writes the same. */
    String toLine() {
        return String.join(
                " ", WORD, "" + wallNanos, "" + cpuNanos, "" + voluntary, "" + involuntary);
    }

    /**
     * The sample that a sender has answered.
     *
     * @throws IllegalArgumentException if the line is something else
     */
    public static Sample parse(String line) {
        String[] words = line.split(" ");
        if (words.length != 5 || !words[0].equals(WORD)) {
            throw new IllegalArgumentException("not a sample: " + line);
        }
        return new Sample(
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Long.parseLong(words[4]));
    }
}
