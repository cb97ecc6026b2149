/**
 * Measures how fast files go down a connection, against the JDK's own ways and against C.
 *
 * <p>From the top: {@code Main} reads {@code Options} and makes the {@code Scenario}s; {@code
 * Experiment} lets the {@code Contender}s take turns; {@code SystemCallCounter} counts apart from
 * that; {@code Report} writes what came out. Proxies are measured by {@code relay}. {@code
 * docs/benchmarks.md} explains the method.
 */
package io.zerocopy.bench;
