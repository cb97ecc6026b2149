package io.zerocopy.internal.core;

import io.zerocopy.Mechanism;

/** The system properties of {@link io.zerocopy.ZeroCopySender}, read once. */
public final class SenderSettings {
    /** The bound on bytes in flight of one sender; 4 MiB. */
    public static final String IN_FLIGHT_BYTES_MAX = "io.zerocopy.sender.inFlightBytesMax";

    /** From how many bytes on MSG_ZEROCOPY is used; 16 KiB. */
    public static final String THRESHOLD_BYTES = "io.zerocopy.sender.thresholdBytes";

    /** How long a closed sender waits for its completions; 5000. */
    public static final String LINGER_MILLIS = "io.zerocopy.sender.lingerMillis";

    /** How many bytes of free buffers are kept in this JVM; 16 MiB. */
    public static final String POOLED_BYTES_MAX = "io.zerocopy.sender.pooledBytesMax";

    private static final long IN_FLIGHT = read(IN_FLIGHT_BYTES_MAX, 4 << 20);
    private static final long THRESHOLD = read(THRESHOLD_BYTES, 16 << 10);
    private static final long LINGER = read(LINGER_MILLIS, 5000);
    private static final long POOLED = read(POOLED_BYTES_MAX, 16 << 20);

    private SenderSettings() {}

    /** The value of {@value #IN_FLIGHT_BYTES_MAX}. */
    public static long inFlightBytesMax() {
        return IN_FLIGHT;
    }

    /** The value of {@value #THRESHOLD_BYTES}. */
    public static long thresholdBytes() {
        return THRESHOLD;
    }

    /** The value of {@value #LINGER_MILLIS}. */
    public static long lingerMillis() {
        return LINGER;
    }

    /** The value of {@value #POOLED_BYTES_MAX}. */
    public static long pooledBytesMax() {
        return POOLED;
    }

    /** Whether the kill switch leaves MSG_ZEROCOPY. */
    public static boolean isZeroCopyAllowed() {
        return !Settings.isDisabled(Mechanism.MSG_ZEROCOPY);
    }

    private static long read(String name, long otherwise) {
        String text = System.getProperty(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long value = Long.parseLong(text.trim());
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Said below, as a negative number is.
        }
        FallbackLog.warnOnce(
                "-D" + name + "=" + text + " is no count, so it is " + otherwise, null);
        return otherwise;
    }
}
