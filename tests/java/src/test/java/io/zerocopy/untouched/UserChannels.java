package io.zerocopy.untouched;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.ChannelState;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Feeder;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;
import io.zerocopy.fixture.SocketOptions;
import io.zerocopy.internal.channel.Descriptors;

import java.io.Closeable;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The two ends of a transfer as their user has prepared them, with options, locks and positions,
 * and a look at whether they are still so.
 */
final class UserChannels implements Closeable {
    private static final int BUFFER_BYTES = 64 << 10;

    /** Longer than the library would sleep, shorter than the kernel would by itself. */
    private static final int SEND_TIMEOUT_SECONDS = 7;

    private static final int LOCKED_BYTES = 100;
    private static final long POSITION = 1000;

    private final List<Closeable> open = new ArrayList<>();
    private final boolean isVirtual;
    private final Path sourcePath;
    private final Path targetPath;
    private Connection in;
    private Connection out;
    private ReadableByteChannel source;
    private WritableByteChannel target;
    private Map<String, String> sourceBefore;
    private Map<String, String> targetBefore;
    private String sourceLocks;
    private String targetLocks;
    private long sourcePosition;
    private long targetPosition;

    /** Makes both ends; {@code isVirtual} as of {@link ChannelState#of}. */
    UserChannels(Kind from, Kind to, PatternFile file, Path targetPath, boolean isVirtual)
            throws IOException {
        this.isVirtual = isVirtual;
        this.sourcePath = from == null ? file.path() : null;
        this.targetPath = to == null ? targetPath : null;
        if (from == null) {
            FileChannel channel = keep(file.open());
            channel.position(POSITION).lock(0, LOCKED_BYTES, true);
            source = channel;
        } else {
            in = keep(Connection.open(from));
            source = in.peer();
        }
        if (to == null) {
            Files.write(targetPath, new byte[(int) (2 * POSITION)]);
            FileChannel channel = keep(FileChannel.open(targetPath, StandardOpenOption.WRITE));
            channel.position(POSITION).lock(0, LOCKED_BYTES, false);
            target = channel;
        } else {
            out = keep(Connection.open(to));
            target = out.target();
        }
    }

    ReadableByteChannel source() {
        return source;
    }

    WritableByteChannel target() {
        return target;
    }

    void configureNonBlocking() throws IOException {
        for (Channel end : List.of(source, target)) {
            if (end instanceof SelectableChannel selectable) {
                selectable.configureBlocking(false);
            }
        }
    }

    /** Puts a few bytes into a source that is a stream, and no end. */
    void feed(byte[] few) throws IOException {
        if (in != null) {
            in.target().write(ByteBuffer.wrap(few));
        }
    }

    /** Puts these bytes into a source that is a stream, as fast as they are taken, and an end. */
    void feedAll(byte[] bytes) {
        if (in != null) {
            keep(Feeder.of(in.target(), bytes));
        }
    }

    /** Takes out of a target that is a stream what comes. */
    void receive() {
        if (out != null) {
            keep(Receiver.collecting(out.peer()));
        }
    }

    /** Makes every write to the target fail. */
    void breakTarget() throws IOException {
        if (out != null) {
            out.peer().close();
        } else {
            FileChannel file = (FileChannel) target;
            file.position(lastPosition(file));
        }
    }

    /** Sets options that are not those of a new socket, and looks at everything. */
    void prepare(boolean noDelay) throws IOException {
        for (Channel end : List.of(source, target)) {
            if (end instanceof SocketChannel socket) {
                // Else the kernel makes them larger by itself.
                socket.setOption(StandardSocketOptions.SO_SNDBUF, BUFFER_BYTES);
                socket.setOption(StandardSocketOptions.SO_RCVBUF, BUFFER_BYTES);
                if (socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
                    socket.setOption(StandardSocketOptions.TCP_NODELAY, noDelay);
                }
                assertTrue(
                        SocketOptions.setSendTimeout(
                                Descriptors.number(socket), SEND_TIMEOUT_SECONDS));
            }
        }
        sourceBefore = ChannelState.of(source, isVirtual);
        targetBefore = ChannelState.of(target, isVirtual);
        sourceLocks = locks(sourcePath);
        targetLocks = locks(targetPath);
        assertEquals(sourcePath == null, sourceLocks.isEmpty(), sourceLocks);
        assertEquals(targetPath == null, targetLocks.isEmpty(), targetLocks);
        sourcePosition = ChannelState.position(source);
        targetPosition = ChannelState.position(target);
    }

    /**
     * Checks that the ends that are open are as they were, but for the positions of files, which
     * have moved as far as they should.
     */
    void check(long sourceMoved, long targetMoved) throws IOException {
        if (source.isOpen()) {
            assertUnchanged(sourceBefore, source);
            assertEquals(sourceLocks, locks(sourcePath));
            assertMoved(sourceMoved, sourcePosition, source);
        }
        if (target.isOpen()) {
            assertUnchanged(targetBefore, target);
            assertEquals(targetLocks, locks(targetPath));
            assertMoved(targetMoved, targetPosition, target);
        }
    }

    private void assertUnchanged(Map<String, String> before, Channel end) throws IOException {
        Map<String, String> after = ChannelState.of(end, isVirtual);
        assertEquals(Map.of(), ChannelState.changes(before, after), end::toString);
    }

    private static void assertMoved(long moved, long before, Channel end) throws IOException {
        if (end instanceof FileChannel file && moved >= 0) {
            assertEquals(before + moved, file.position(), "the position");
        }
    }

    private static String locks(Path path) throws IOException {
        return path == null ? "" : ChannelState.locks(path);
    }

    /** The last position that the file system lets a file have: nothing can be written there. */
    static long lastPosition(FileChannel file) {
        long possible = 0;
        long impossible = Long.MAX_VALUE;
        while (impossible - possible > 1) {
            long middle = possible + (impossible - possible) / 2;
            try {
                file.position(middle);
                possible = middle;
            } catch (IOException e) {
                impossible = middle;
            }
        }
        return possible;
    }

    private <C extends Closeable> C keep(C opened) {
        open.add(0, opened);
        return opened;
    }

    @Override
    public void close() throws IOException {
        source.close();
        target.close();
        for (Closeable each : open) {
            each.close();
        }
    }

    /** After an interrupt. */
    void assertClosed() {
        assertFalse(source.isOpen() || target.isOpen(), "both are closed");
    }
}
