/** What the measured numbers say, and how sure that is. No input or output. */
package io.zerocopy.bench.statistics;
