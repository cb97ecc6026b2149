package io.zerocopy.internal.core;

/** The system properties of {@link io.zerocopy.RelayEngine}, read once. */
public final class RelaySettings {
    /** How many threads the shared engine has, 1 to 256; 1. */
    public static final String THREADS = "io.zerocopy.relay.threads";

    private static final int THREADS_MAX = 256;

    private static final int SHARED_THREADS = read();

    private RelaySettings() {}

    /** The value of {@value #THREADS}. */
    public static int threads() {
        return SHARED_THREADS;
    }

    private static int read() {
        Integer threads = Integer.getInteger(THREADS, 1);
        if (threads >= 1 && threads <= THREADS_MAX) {
            return threads;
        }
        FallbackLog.warnOnce(
                "-D" + THREADS + "=" + threads + " is not 1 to " + THREADS_MAX + ", so it is 1",
                null);
        return 1;
    }
}
