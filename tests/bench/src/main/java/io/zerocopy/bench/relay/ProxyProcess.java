package io.zerocopy.bench.relay;

import java.util.List;

/**
 * A proxy that runs, and goes on until the workspace is closed.
 *
 * @param subject who it is in reports
 * @param pid the process, whose CPU time is measured
 * @param ports where it listens, in the order of the backends that they lead to
 */
record ProxyProcess(Figures.Subject subject, long pid, List<Integer> ports) {
    /** The one that leads to the first backend. */
    int port() {
        return ports.get(0);
    }
}
