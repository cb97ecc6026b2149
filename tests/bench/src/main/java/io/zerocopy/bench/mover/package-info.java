/** The process whose transfers are timed: a JVM that does what it is told on its standard input. */
package io.zerocopy.bench.mover;
