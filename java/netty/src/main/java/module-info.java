/**
 * Relays between the channels of Netty, on the native engine of zerocopy-nio.
 *
 * <p>Netty 4.2 is the application's own. Without its epoll transport the channels of its NIO
 * transport are served alone.
 */
module io.zerocopy.netty {
    requires transitive io.zerocopy;
    requires transitive io.netty.common;
    requires transitive io.netty.transport;
    requires io.netty.buffer;
    requires static io.netty.transport.classes.epoll;
    requires static io.netty.transport.unix.common;

    exports io.zerocopy.netty;
}
