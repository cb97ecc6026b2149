package io.zerocopy.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a proxy has in the middle: a channel that a client has connected to, and one that is
 * connected to a server. The client and the server are plain sockets in blocking mode.
 */
final class Joint implements AutoCloseable {
    /** The client, and the channel that Netty has accepted from it. */
    final SocketChannel client;

    final Channel a;

    /** The channel that Netty has connected, and the server that has accepted it. */
    final Channel b;

    final SocketChannel server;

    private Joint(SocketChannel client, Channel a, Channel b, SocketChannel server) {
        this.client = client;
        this.a = a;
        this.b = b;
        this.server = server;
    }

    /** With both channels held for a relay from when they are active, as a proxy should. */
    static Joint open(Transport ofA, Transport ofB, ChannelHandler... handlersOfA)
            throws Exception {
        return open(ofA, ofB, null, true, handlersOfA);
    }

    /** With the second channel on these event loops. */
    static Joint open(Transport ofA, Transport ofB, EventLoopGroup loopsOfB) throws Exception {
        return open(ofA, ofB, loopsOfB, true);
    }

    /** With handlers that see what the first channel receives before it is relayed. */
    static Joint openReading(Transport ofA, Transport ofB, ChannelHandler... handlersOfA)
            throws Exception {
        return open(ofA, ofB, null, false, handlersOfA);
    }

    private static Joint open(
            Transport ofA,
            Transport ofB,
            EventLoopGroup loopsOfB,
            boolean isHeld,
            ChannelHandler... handlersOfA)
            throws Exception {
        CompletableFuture<Channel> accepted = new CompletableFuture<>();
        SocketAddress address = ofA.freeAddress();
        Channel listener =
                ofA.server()
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        channel.pipeline().addLast(handlersOfA);
                                        channel.pipeline().addLast(new Active(isHeld, accepted));
                                    }
                                })
                        .bind(ofA.forNetty(address))
                        .sync()
                        .channel();
        SocketChannel client = SocketChannel.open(Transport.forJdk(listener.localAddress()));
        Channel a = accepted.get(10, TimeUnit.SECONDS);
        listener.close().sync();
        delete(address);
        try (ServerSocketChannel servers = listen(ofB)) {
            SocketAddress target = ofB.forNetty(servers.getLocalAddress());
            CompletableFuture<Channel> connected = new CompletableFuture<>();
            (loopsOfB == null ? ofB.client() : ofB.client(loopsOfB))
                    .handler(new Active(true, connected))
                    .connect(target);
            Channel b = connected.get(10, TimeUnit.SECONDS);
            SocketChannel server = servers.accept();
            delete(servers.getLocalAddress());
            return new Joint(client, a, b, server);
        }
    }

    private static ServerSocketChannel listen(Transport transport) throws IOException {
        SocketAddress address = transport.freeAddress();
        return address instanceof InetSocketAddress
                ? ServerSocketChannel.open().bind(address)
                : ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(address);
    }

    private static void delete(SocketAddress address) throws IOException {
        if (address instanceof UnixDomainSocketAddress unix) {
            Files.deleteIfExists(unix.getPath());
        }
    }

    /** Closes a peer so that the other end is told of a reset. TCP only. */
    static void reset(SocketChannel peer) throws IOException {
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
    }

    /** Tells of a channel that is active, and goes. */
    private static final class Active extends ChannelInboundHandlerAdapter {
        private final boolean isHeld;
        private final CompletableFuture<Channel> told;

        Active(boolean isHeld, CompletableFuture<Channel> told) {
            this.isHeld = isHeld;
            this.told = told;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.pipeline().remove(this);
            if (isHeld) {
                SpliceRelay.hold(context.channel());
            }
            told.complete(context.channel());
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.close();
        a.close().awaitUninterruptibly();
        b.close().awaitUninterruptibly();
    }
}
