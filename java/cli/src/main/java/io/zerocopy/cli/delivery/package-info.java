/**
 * One file from one machine to another, for {@code zerocopy-nio send} and {@code receive}.
 *
 * <p>The sender begins with a {@link io.zerocopy.cli.delivery.Greeting}, the receiver answers that
 * it is ready, the bytes follow, moved by {@link io.zerocopy.Transfer}, then the sender's checksum.
 * The receiver compares it with that of the file which it has written, gives the file its name, and
 * says so.
 */
package io.zerocopy.cli.delivery;
