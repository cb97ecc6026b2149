package io.zerocopy;

/**
 * How many bytes a {@link Relay} has delivered, those of a preface included. Example:
 *
 * <pre>{@code
 * RelayCounters counters = relay.counters();
 * System.out.println(counters.aToB() + " bytes up, " + counters.bToA() + " bytes down");
 * }</pre>
 *
 * @param aToB bytes that the second socket has taken, at least 0
 * @param bToA bytes that the first socket has taken, at least 0
 */
public record RelayCounters(long aToB, long bToA) {}
