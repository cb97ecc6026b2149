package io.zerocopy.cli.compare;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * CPU time of the calling thread, user and system together.
 *
 * <p>The JVM asks clock_gettime(CLOCK_THREAD_CPUTIME_ID), which brings the running thread's account
 * up to date. /proc/thread-self/schedstat shows the same account as of the last tick: up to 4 ms
 * late, as long as a whole small transfer.
 */
public final class CpuClock {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private CpuClock() {}

    public static long thisThreadNanos() {
        return THREADS.getCurrentThreadCpuTime();
    }
}
