package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.Mode;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.ForeignChannel;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.PatternFile;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Channels;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * A channel that was made as described: the end that the method gets, and its peer.
 *
 * <p>What was sent has arrived, so that a channel in non-blocking mode gives all of it.
 */
final class OpenChannel implements OpenEnd {
    /** Less than the JDK's buffer has twice, and more than once. */
    private static final int FAILS_AFTER_BYTES = 10_000;

    /** Less than the JDK's buffer has: how much more it asks for does not matter then. */
    private static final int SHORT_BYTES = 5000;

    private final ChannelEnd end;
    private final Deque<Closeable> opened = new ArrayDeque<>();

    /** The JDK's channel on this side, and on the other; the latter may be null. */
    private final Channel near;

    private final Channel far;
    private final Channel channel;
    private Selector selector;
    private long filledBytes;
    private byte[] content = new byte[0];

    OpenChannel(ChannelEnd end) throws IOException {
        this.end = end;
        if (end.kind() == ChannelKind.NULL) {
            near = null;
            far = null;
            channel = null;
            return;
        }
        if (end.state() == ChannelState.UNCONNECTED) {
            near = closing(unconnected());
            far = null;
        } else if (end.kind() == ChannelKind.DATAGRAM) {
            near = closing(bound());
            far = closing(bound());
            ((DatagramChannel) near).connect(((DatagramChannel) far).getLocalAddress());
            ((DatagramChannel) far).connect(((DatagramChannel) near).getLocalAddress());
        } else {
            Connection connection = closing(Connection.open(connectionKind()));
            near = end.isSource() ? connection.peer() : connection.target();
            far = end.isSource() ? connection.target() : connection.peer();
            if (end.state() == ChannelState.FULL) {
                filledBytes = connection.fill();
            }
        }
        prepare();
        channel = around();
        configure();
        if (end.state() == ChannelState.CLOSED) {
            channel.close();
        }
    }

    private <T extends Closeable> T closing(T resource) {
        opened.push(resource);
        return resource;
    }

    private Connection.Kind connectionKind() {
        return switch (end.kind()) {
            case UNIX -> Connection.Kind.UNIX;
            case PIPE -> Connection.Kind.PIPE;
            default -> Connection.Kind.TCP;
        };
    }

    private SelectableChannel unconnected() throws IOException {
        return switch (end.kind()) {
            case UNIX -> SocketChannel.open(StandardProtocolFamily.UNIX);
            case DATAGRAM -> DatagramChannel.open();
            default -> SocketChannel.open();
        };
    }

    private static DatagramChannel bound() throws IOException {
        InetAddress here = InetAddress.getLoopbackAddress();
        return DatagramChannel.open().bind(new InetSocketAddress(here, 0));
    }

    private void prepare() throws IOException {
        switch (end.state()) {
            case OPEN, ENDED, CLOSED, FAILING, BROKEN, SHORT, IDLE -> {
                send();
                if (end.state() == ChannelState.ENDED || end.state() == ChannelState.SHORT) {
                    far.close();
                }
            }
            case USED_BY_VIRTUAL -> {
                useByVirtual();
                send();
            }
            case SHUT_DOWN -> {
                send();
                if (end.isSource()) {
                    ((SocketChannel) near).shutdownInput();
                } else {
                    ((SocketChannel) near).shutdownOutput();
                }
            }
            case RESET -> {
                ((SocketChannel) far).setOption(StandardSocketOptions.SO_LINGER, 0);
                far.close();
                awaitReadable();
            }
            case PEER_CLOSED -> {
                far.close();
                if (end.kind() == ChannelKind.DATAGRAM) {
                    // Only then its absence shows.
                    ((DatagramChannel) near).write(ByteBuffer.allocate(1));
                }
                if (end.kind() != ChannelKind.PIPE) {
                    awaitReadable();
                }
            }
            default -> {}
        }
    }

    /** Sends what the source is to have. It fits. */
    private void send() throws IOException {
        if (!end.isSource()) {
            return;
        }
        ByteBuffer bytes = ByteBuffer.wrap(PatternFile.bytes(3, 0, end.availableBytes()));
        while (bytes.hasRemaining()) {
            ((WritableByteChannel) far).write(bytes);
        }
        if (connectionKind() == Connection.Kind.TCP && near instanceof SocketChannel) {
            var arrived = ((SocketChannel) near).socket().getInputStream();
            Await.until("all has arrived", () -> arrived.available() == end.availableBytes());
        }
    }

    /** One byte, which makes the descriptor non-blocking for good. */
    private void useByVirtual() throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        if (end.isSource()) {
            ((WritableByteChannel) far).write(one);
            one.clear();
        }
        Jvm.run(
                        ThreadKind.VIRTUAL,
                        "user",
                        () ->
                                end.isSource()
                                        ? ((ReadableByteChannel) near).read(one)
                                        : ((WritableByteChannel) near).write(one))
                .await();
        if (!end.isSource()) {
            ((ReadableByteChannel) far).read(one.clear());
        }
    }

    private void awaitReadable() throws IOException {
        SelectableChannel socket = (SelectableChannel) near;
        socket.configureBlocking(false);
        try (Selector waiting = Selector.open()) {
            socket.register(waiting, SelectionKey.OP_READ);
            Await.until("the socket is readable", () -> waiting.select(100) > 0);
        }
        socket.configureBlocking(true);
    }

    private Channel around() {
        Channel inner =
                switch (end.state()) {
                    case FAILING ->
                            Misbehaving.failingAfter(FAILS_AFTER_BYTES, (SocketChannel) near);
                    case SHORT -> Misbehaving.moving(SHORT_BYTES, (SocketChannel) near);
                    case IDLE -> Misbehaving.moving(0, (SocketChannel) near);
                    case BROKEN -> Misbehaving.broken((SocketChannel) near);
                    default -> near;
                };
        return switch (end.kind()) {
            case STREAM -> stream(inner);
            case WRAPPER -> wrapper(inner);
            case PROVIDER -> new ProvidedSocket((SocketChannel) near);
            default -> near;
        };
    }

    private Channel stream(Channel inner) {
        return end.isSource()
                ? Channels.newChannel(Channels.newInputStream((ReadableByteChannel) inner))
                : Channels.newChannel(Channels.newOutputStream((WritableByteChannel) inner));
    }

    private Channel wrapper(Channel inner) {
        return end.isSource()
                ? ForeignChannel.around((ReadableByteChannel) inner)
                : ForeignChannel.around((WritableByteChannel) inner);
    }

    private void configure() throws IOException {
        if (end.mode() == Mode.BLOCKING) {
            return;
        }
        SelectableChannel selectable = (SelectableChannel) channel;
        selectable.configureBlocking(false);
        if (end.mode() == Mode.REGISTERED) {
            selector = closing(Selector.open());
            selectable.register(
                    selector, end.isSource() ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
        }
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public String state() {
        if (channel == null) {
            return "null";
        }
        if (!channel.isOpen()) {
            return "closed";
        }
        String text = "open";
        if (channel instanceof SelectableChannel) {
            SelectableChannel selectable = (SelectableChannel) channel;
            text += selectable.isBlocking() ? "" : " non-blocking";
            text += selectable.isRegistered() ? " registered" : "";
        }
        return text;
    }

    @Override
    public String content() throws IOException {
        if (far == null || end.state() == ChannelState.RESET) {
            return "-";
        }
        return end.isSource() ? leftIn() : arrived();
    }

    @Override
    public long contentBytes() {
        return content.length;
    }

    /** What the source still has. */
    private String leftIn() throws IOException {
        if (!near.isOpen() || end.state() == ChannelState.SHUT_DOWN) {
            return "-";
        }
        if (end.state() != ChannelState.ENDED) {
            makeNonBlocking((SelectableChannel) near);
        }
        content = readAll((ReadableByteChannel) near);
        return "left " + OpenFile.describe(content);
    }

    /** What the target has delivered. */
    private String arrived() throws IOException {
        channel.close();
        near.close();
        if (selector != null) {
            // Until then the descriptor of a registered channel stays open.
            selector.close();
        }
        if (!far.isOpen()) {
            return "-";
        }
        if (end.kind() == ChannelKind.DATAGRAM) {
            return datagrams();
        }
        byte[] all = readAll((ReadableByteChannel) far);
        content = Arrays.copyOfRange(all, (int) filledBytes, all.length);
        return OpenFile.describe(content);
    }

    private String datagrams() throws IOException {
        makeNonBlocking((SelectableChannel) far);
        StringBuilder text = new StringBuilder();
        ByteBuffer datagram = ByteBuffer.allocate(1 << 17);
        while (((DatagramChannel) far).receive(datagram.clear()) != null) {
            datagram.flip();
            byte[] bytes = new byte[datagram.remaining()];
            datagram.get(bytes);
            text.append(text.isEmpty() ? "" : " + ").append(OpenFile.describe(bytes));
        }
        return text.isEmpty() ? "no datagram" : text.toString();
    }

    private void makeNonBlocking(SelectableChannel from) throws IOException {
        if (from.isBlocking()) {
            from.configureBlocking(false);
        }
    }

    /** Reads to the end, or until nothing comes. */
    private static byte[] readAll(ReadableByteChannel from) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        while (from.read(buffer.clear()) > 0) {
            all.write(buffer.array(), 0, buffer.position());
        }
        return all.toByteArray();
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
