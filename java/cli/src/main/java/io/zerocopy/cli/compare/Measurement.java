package io.zerocopy.cli.compare;

/**
 * One transfer: from the first byte offered to the receiver's word that it has them all.
 *
 * @param elapsedNanos wall time
 * @param cpuNanos CPU time of the sending thread, user and system
 * @param switches context switches of the sending thread
 * @param receipt what arrived
 */
public record Measurement(
        long elapsedNanos, long cpuNanos, ContextSwitches switches, Receipt receipt) {}
