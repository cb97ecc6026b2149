package io.zerocopy.bench.relay.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;

import java.io.IOException;
import java.net.InetSocketAddress;

/** Netty's native transport on one event loop. */
final class NettyProxy implements Proxy {
    /** The most that one call splices: what the largest pipe holds. */
    private static final int SPLICE_BYTES_MAX = 1 << 20;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Joining joining;

    NettyProxy(Joining joining) {
        Epoll.ensureAvailability();
        this.joining = joining;
    }

    /** Joins two channels that are connected and do not read yet. */
    interface Joining {
        void join(EpollSocketChannel client, EpollSocketChannel server);
    }

    @Override
    public int listen(InetSocketAddress local, InetSocketAddress backend) throws IOException {
        ServerBootstrap listening =
                new ServerBootstrap()
                        .group(loop)
                        .channel(EpollServerSocketChannel.class)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .childHandler(initializing(client -> connect(client, backend)));
        Channel listener = listening.bind(local).syncUninterruptibly().channel();
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    private void connect(EpollSocketChannel client, InetSocketAddress backend) {
        Bootstrap connecting =
                new Bootstrap()
                        .group(client.eventLoop())
                        .channel(EpollSocketChannel.class)
                        .option(ChannelOption.AUTO_READ, false)
                        .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                        .handler(new Ending(client));
        ChannelFuture connected = connecting.connect(backend);
        EpollSocketChannel server = (EpollSocketChannel) connected.channel();
        client.pipeline().addLast(new Ending(server));
        connected.addListener(
                future -> {
                    if (future.isSuccess()) {
                        joining.join(client, server);
                    } else {
                        client.close();
                    }
                });
    }

    /** Reads into buffers of Netty's choice and passes these on. */
    static void copy(EpollSocketChannel client, EpollSocketChannel server) {
        client.pipeline().addFirst(new Copying(server));
        server.pipeline().addFirst(new Copying(client));
        client.config().setAutoRead(true);
        server.config().setAutoRead(true);
    }

    /** Splices without an end. Without a pipeline: Netty's buffers see nothing of it. */
    @SuppressWarnings("deprecation") // Netty gives it up, and has nothing in its place.
    static void splice(EpollSocketChannel client, EpollSocketChannel server) {
        client.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(SPLICE_BYTES_MAX));
        server.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(SPLICE_BYTES_MAX));
        client.spliceTo(server, Integer.MAX_VALUE);
        server.spliceTo(client, Integer.MAX_VALUE);
        client.config().setAutoRead(true);
        server.config().setAutoRead(true);
    }

    private interface Initializing {
        void initialize(EpollSocketChannel channel);
    }

    private static ChannelHandler initializing(Initializing initializing) {
        return new ChannelInitializer<EpollSocketChannel>() {
            @Override
            protected void initChannel(EpollSocketChannel channel) {
                initializing.initialize(channel);
            }
        };
    }

    /** All that one turn has read is written at once; who can't take more stops the other. */
    private static final class Copying extends ChannelInboundHandlerAdapter {
        private final Channel other;

        Copying(Channel other) {
            this.other = other;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            other.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            other.flush();
            context.channel().config().setAutoRead(other.isWritable());
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            other.config().setAutoRead(context.channel().isWritable());
        }
    }

    /** Passes on the end of what a channel sends; both ends end both channels. */
    private static final class Ending extends ChannelInboundHandlerAdapter {
        private final EpollSocketChannel other;

        Ending(EpollSocketChannel other) {
            this.other = other;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            EpollSocketChannel channel = (EpollSocketChannel) context.channel();
            if (event instanceof ChannelInputShutdownEvent) {
                other.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(written -> other.shutdownOutput())
                        .addListener(written -> closeIfOver(channel));
            }
        }

        private void closeIfOver(EpollSocketChannel channel) {
            if (channel.isInputShutdown() && other.isInputShutdown()) {
                other.close();
                channel.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            other.close();
        }

        @Override
        @SuppressWarnings("deprecation") // It is so for outbound handlers, and here it is needed.
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
