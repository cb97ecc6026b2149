/**
 * A TCP and UNIX proxy, for {@code zerocopy-nio relay}.
 *
 * <p>{@link io.zerocopy.cli.proxy.TcpProxy} accepts clients and connects them with a back end, all
 * on one thread with one selector; the bytes are moved by an {@link io.zerocopy.RelayEngine}.
 */
package io.zerocopy.cli.proxy;
