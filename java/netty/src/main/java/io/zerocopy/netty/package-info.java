/**
 * Relays between the channels of Netty: {@link io.zerocopy.netty.SpliceRelay} moves the bytes in
 * the kernel, past the pipelines and their event loops.
 */
package io.zerocopy.netty;
