package io.zerocopy.netty;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kinds of channels that can be relayed. */
enum Transport {
    EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class, true, false),
    NIO(NioServerSocketChannel.class, NioSocketChannel.class, false, false),
    EPOLL_UNIX(EpollServerDomainSocketChannel.class, EpollDomainSocketChannel.class, true, true),
    NIO_UNIX(NioServerDomainSocketChannel.class, NioDomainSocketChannel.class, false, true);

    private static final EventLoopGroup EPOLL_LOOPS = loops(EpollIoHandler.newFactory());
    private static final EventLoopGroup NIO_LOOPS = loops(NioIoHandler.newFactory());

    private final Class<? extends ServerChannel> serverType;
    private final Class<? extends Channel> type;
    private final boolean isEpoll;
    private final boolean isUnix;

    Transport(
            Class<? extends ServerChannel> serverType,
            Class<? extends Channel> type,
            boolean isEpoll,
            boolean isUnix) {
        this.serverType = serverType;
        this.type = type;
        this.isEpoll = isEpoll;
        this.isUnix = isUnix;
    }

    /**
     * Two event loops of this transport, in daemon threads that end when they have nothing to do.
     */
    EventLoopGroup newLoops() {
        return loops(isEpoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    }

    ServerBootstrap server() {
        return new ServerBootstrap().group(sharedLoops()).channel(serverType);
    }

    Bootstrap client() {
        return client(sharedLoops());
    }

    Bootstrap client(EventLoopGroup loops) {
        return new Bootstrap().group(loops).channel(type);
    }

    /** An address to listen at, as the JDK has it. */
    SocketAddress freeAddress() throws IOException {
        if (!isUnix) {
            return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        }
        Path file = Files.createTempFile("zerocopy-netty", ".socket");
        Files.delete(file);
        return UnixDomainSocketAddress.of(file);
    }

    /** The same address as the channels of this transport want it. */
    SocketAddress forNetty(SocketAddress address) {
        return isUnix && isEpoll ? new DomainSocketAddress(address.toString()) : address;
    }

    /** The same address as the JDK wants it. */
    static SocketAddress forJdk(SocketAddress address) {
        return address instanceof DomainSocketAddress unix
                ? UnixDomainSocketAddress.of(unix.path())
                : address;
    }

    private EventLoopGroup sharedLoops() {
        return isEpoll ? EPOLL_LOOPS : NIO_LOOPS;
    }

    private static EventLoopGroup loops(IoHandlerFactory factory) {
        return new MultiThreadIoEventLoopGroup(2, new DefaultThreadFactory("loop", true), factory);
    }
}
