package io.zerocopy.examples;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.zerocopy.RelayOptions;
import io.zerocopy.netty.SpliceRelay;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * An HTTP proxy that understands {@code CONNECT} and nothing else. Netty reads the request; from
 * then on the kernel moves the bytes, and the event loops are free for others.
 *
 * <pre>
 * java ... io.zerocopy.examples.ConnectProxy 3128
 * curl --proxy localhost:3128 https://example.org
 * </pre>
 */
public final class ConnectProxy {
    private static final RelayOptions OPTIONS =
            RelayOptions.defaults().withIdleTimeout(Duration.ofMinutes(5));

    private ConnectProxy() {}

    /** Serves until it is killed, at the port that is named. */
    public static void main(String[] arguments) {
        MultiThreadIoEventLoopGroup loops =
                new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory());
        ServerBootstrap bootstrap =
                new ServerBootstrap().group(loops).channel(EpollServerSocketChannel.class);
        int port = Integer.parseInt(arguments[0]);
        Channel server = listen(bootstrap, new InetSocketAddress(port));
        System.out.println("listening at " + server.localAddress());
        server.closeFuture().syncUninterruptibly();
    }

    /** Serves until the channel that is returned is closed. */
    public static Channel listen(ServerBootstrap bootstrap, InetSocketAddress address) {
        return bootstrap
                .childHandler(
                        new ChannelInitializer<SocketChannel>() {
                            @Override
                            protected void initChannel(SocketChannel client) {
                                client.pipeline().addLast(new HttpServerCodec(), new Connect());
                            }
                        })
                .bind(address)
                .syncUninterruptibly()
                .channel();
    }

    /** Waits for the request, connects, and leaves the rest to the relay. */
    private static final class Connect extends SimpleChannelInboundHandler<HttpRequest> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpRequest request) {
            Channel client = context.channel();
            // Before the codec takes what follows for another request.
            SpliceRelay.hold(client);
            if (!request.method().equals(HttpMethod.CONNECT)) {
                refuse(client, "405 Method Not Allowed");
                return;
            }
            connect(client, request.uri())
                    .addListener(
                            (ChannelFuture connected) -> {
                                if (connected.isSuccess()) {
                                    relay(client, connected.channel());
                                } else {
                                    refuse(client, "502 Bad Gateway");
                                }
                            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    private static ChannelFuture connect(Channel client, String authority) {
        int colon = authority.lastIndexOf(':');
        InetSocketAddress address =
                InetSocketAddress.createUnresolved(
                        authority.substring(0, colon),
                        Integer.parseInt(authority.substring(colon + 1)));
        return new Bootstrap()
                .group(client.eventLoop())
                .channel(client.getClass())
                // What the other side says first must not be read by this pipeline.
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(address);
    }

    private static void relay(Channel client, Channel backEnd) {
        say(client, "200 Connection Established");
        SpliceRelay.start(client, backEnd, OPTIONS)
                .addListener(
                        relay ->
                                System.out.println(
                                        relay.isSuccess() ? relay.getNow() : relay.cause()));
    }

    private static void refuse(Channel client, String status) {
        say(client, status).addListener(ChannelFutureListener.CLOSE);
    }

    private static ChannelFuture say(Channel client, String status) {
        String response = "HTTP/1.1 " + status + "\r\n\r\n";
        return client.writeAndFlush(Unpooled.copiedBuffer(response, StandardCharsets.US_ASCII));
    }
}
