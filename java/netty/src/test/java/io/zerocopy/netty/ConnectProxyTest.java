package io.zerocopy.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.zerocopy.examples.ConnectProxy;

import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The proxy that users copy, between a client and a server of Netty. */
class ConnectProxyTest {
    private static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final String ESTABLISHED = "HTTP/1.1 200 Connection Established\r\n\r\n";

    @RegisterExtension static final NothingLeft nothingLeft = new NothingLeft();

    /**
     * Goal: the bytes that follow the request in the same segment are relayed, and not parsed.
     * Method: request and payload in one write, in all lengths around what a parser may look ahead;
     * an echo server of Netty answers.
     */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void relaysWhatComesWithTheRequest(Transport transport) throws Exception {
        Channel echo = echoServer(transport);
        Channel proxy = ConnectProxy.listen(transport.server(), ANY_PORT);
        try {
            for (int count : new int[] {0, 1, 2, 3, 100, 1_000, 60_000, 3_000_000}) {
                byte[] payload = Peers.bytes(count, count);
                try (SocketChannel client = SocketChannel.open(proxy.localAddress())) {
                    CompletableFuture<Void> sent =
                            Peers.send(client, concat(connectTo(echo.localAddress()), payload));
                    byte[] response = ESTABLISHED.getBytes(StandardCharsets.US_ASCII);
                    assertArrayEquals(response, Peers.read(client, response.length));
                    assertEquals(
                            Peers.hash(payload),
                            Peers.hashOf(client).get(20, TimeUnit.SECONDS),
                            () -> "payload of " + count);
                    sent.join();
                }
            }
        } finally {
            proxy.close().sync();
            echo.close().sync();
        }
    }

    /** Goal: a client of Netty gets through the proxy what it sends, half-close included. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void servesClientsOfNetty(Transport transport) throws Exception {
        Channel echo = echoServer(transport);
        Channel proxy = ConnectProxy.listen(transport.server(), ANY_PORT);
        Collect collect = new Collect();
        byte[] payload = Peers.bytes(11, 2_000_000);
        try {
            Channel client =
                    transport
                            .client()
                            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                            .handler(collect)
                            .connect(proxy.localAddress())
                            .sync()
                            .channel();
            byte[] all = concat(connectTo(echo.localAddress()), payload);
            client.writeAndFlush(client.alloc().buffer().writeBytes(all))
                    .addListener(sent -> ((DuplexChannel) client).shutdownOutput());
            byte[] answer = collect.all.get(20, TimeUnit.SECONDS);
            assertEquals(
                    Peers.hash(ESTABLISHED.getBytes(StandardCharsets.US_ASCII), payload),
                    Peers.hash(answer));
        } finally {
            proxy.close().sync();
            echo.close().sync();
        }
    }

    /** Goal: what the proxy can't serve gets an answer, and then the end of the stream. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void refusesWhatItCantServe(Transport transport) throws Exception {
        int freePort;
        try (ServerSocket socket = new ServerSocket(0)) {
            freePort = socket.getLocalPort();
        }
        Channel proxy = ConnectProxy.listen(transport.server(), ANY_PORT);
        try {
            String connect = "CONNECT localhost:" + freePort + " HTTP/1.1\r\n\r\npayload";
            assertEquals("HTTP/1.1 502 Bad Gateway\r\n\r\n", ask(proxy, connect));
            assertEquals(
                    "HTTP/1.1 405 Method Not Allowed\r\n\r\n",
                    ask(proxy, "GET / HTTP/1.1\r\n\r\n"));
        } finally {
            proxy.close().sync();
        }
    }

    private static String ask(Channel proxy, String request) throws IOException {
        try (SocketChannel client = SocketChannel.open(proxy.localAddress())) {
            Peers.write(client, request.getBytes(StandardCharsets.US_ASCII));
            return new String(Peers.read(client, 1000), StandardCharsets.US_ASCII);
        }
    }

    private static byte[] connectTo(SocketAddress address) {
        int port = ((InetSocketAddress) address).getPort();
        String request = "CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\nHost: there\r\n\r\n";
        return request.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static Channel echoServer(Transport transport) throws InterruptedException {
        return transport
                .server()
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(
                        new ChannelInitializer<Channel>() {
                            @Override
                            protected void initChannel(Channel channel) {
                                channel.pipeline().addLast(new Echo(), new CloseBehindLast());
                            }
                        })
                .bind(ANY_PORT)
                .sync()
                .channel();
    }

    /** Closes the channel when its input has ended and all is sent. */
    private static final class CloseBehindLast extends SimpleChannelInboundHandler<Void> {
        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                context.writeAndFlush(Unpooled.EMPTY_BUFFER)
                        .addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Void message) {
            throw new AssertionError("there are no such messages");
        }
    }

    /** Everything until the input ends; then it closes. */
    private static final class Collect extends SimpleChannelInboundHandler<ByteBuf> {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final CompletableFuture<byte[]> all = new CompletableFuture<>();

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf piece)
                throws IOException {
            piece.readBytes(bytes, piece.readableBytes());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            all.complete(bytes.toByteArray());
        }
    }
}
