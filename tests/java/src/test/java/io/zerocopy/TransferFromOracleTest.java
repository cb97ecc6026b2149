package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What {@code transferFrom} leaves in a file must be what a copy through a buffer would leave:
 * every kind of source, on every kind of thread, sends a pattern into a file that has content, at
 * its beginning, in its middle and past its end.
 */
@ExtendWith(LeakCounter.class)
class TransferFromOracleTest {
    /** Around the sizes of a page, a pipe, the library's buffers and its turn. */
    private static final int[] SIZES = {0, 1, 4096, 65537, (1 << 20) + 1, 5 << 20};

    private static final int OLD_BYTES = 10_000;
    private static final long SEED = 11;
    private static final long TARGET_POSITION = 7;

    @TempDir private static Path folder;

    private enum Source {
        TCP,
        TCP_NON_BLOCKING,
        UNIX,
        UNIX_NON_BLOCKING,
        PIPE,
        PIPE_NON_BLOCKING,
        FILE,
        STREAM;

        boolean isNonBlocking() {
            return name().endsWith("_NON_BLOCKING");
        }

        boolean isConnection() {
            return this != FILE && this != STREAM;
        }

        Connection.Kind connection() {
            return Connection.Kind.valueOf(name().replace("_NON_BLOCKING", ""));
        }
    }

    static Stream<Arguments> transfers() {
        Stream.Builder<Arguments> transfers = Stream.builder();
        for (Source source : Source.values()) {
            for (ThreadKind thread : Jvm.threadKinds()) {
                for (int size : SIZES) {
                    transfers.add(Arguments.of(source, thread, size));
                }
            }
        }
        return transfers.build();
    }

    @ParameterizedTest(name = "{0}, {1}, {2} bytes")
    @MethodSource("transfers")
    void leavesWhatACopyThroughABufferLeaves(Source source, ThreadKind thread, int size)
            throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, size);
        for (long position : new long[] {0, 4321, OLD_BYTES + 5000}) {
            for (long count : LongStream.of(Long.MAX_VALUE, size, size / 2).toArray()) {
                Jvm.run(
                                thread,
                                "receiver",
                                () -> {
                                    check(source, sent, position, count);
                                    return null;
                                })
                        .await();
            }
        }
    }

    private static void check(Source source, byte[] sent, long position, long count)
            throws Exception {
        byte[] old = PatternFile.bytes(SEED + 1, 0, OLD_BYTES);
        Path path = Files.write(Files.createTempFile(folder, "target", null), old);
        int expected = (int) Math.min(count, sent.length);
        try (FileChannel target = FileChannel.open(path, WRITE)) {
            target.position(TARGET_POSITION);
            assertEquals(expected, receive(source, sent, target, position, count));
            assertEquals(TARGET_POSITION, target.position(), "the position of the target");
        }
        byte[] content = Files.readAllBytes(path);
        Files.delete(path);
        byte[] overlaid = overlay(old, sent, position, expected);
        assertEquals(overlaid.length, content.length, "the size of the file");
        assertEquals(-1, Arrays.mismatch(overlaid, content), "the first wrong byte");
    }

    private static byte[] overlay(byte[] old, byte[] sent, long position, int count) {
        int size = count == 0 ? old.length : Math.max(old.length, (int) position + count);
        byte[] overlaid = Arrays.copyOf(old, size);
        if (count > 0) {
            System.arraycopy(sent, 0, overlaid, (int) position, count);
        }
        return overlaid;
    }

    private static long receive(
            Source source, byte[] sent, FileChannel target, long position, long count)
            throws Exception {
        if (source == Source.STREAM) {
            ReadableByteChannel stream = Channels.newChannel(new ByteArrayInputStream(sent));
            return ZeroCopy.transferFrom(target, stream, position, count);
        }
        if (source == Source.FILE) {
            return receiveFromFile(sent, target, position, count);
        }
        try (Incoming incoming = Incoming.open(source.connection()).sendAndEnd(sent)) {
            if (source.isNonBlocking()) {
                incoming.configureBlocking(false);
                return selectAndReceive(incoming.source(), sent.length, target, position, count);
            }
            return ZeroCopy.transferFrom(target, incoming.source(), position, count);
        }
    }

    /** From its middle, and the position of the source must have moved by what was written. */
    private static long receiveFromFile(byte[] sent, FileChannel target, long position, long count)
            throws IOException {
        Path path = Files.createTempFile(folder, "source", null);
        Files.write(path, new byte[100]);
        Files.write(path, sent, APPEND);
        try (FileChannel source = FileChannel.open(path)) {
            source.position(100);
            long written = ZeroCopy.transferFrom(target, source, position, count);
            assertEquals(100 + written, source.position(), "the position of the source");
            return written;
        } finally {
            Files.delete(path);
        }
    }

    /** What a selector loop does: takes what there is, then waits for more. */
    private static long selectAndReceive(
            ReadableByteChannel source, long available, FileChannel target, long at, long count)
            throws IOException {
        long expected = Math.min(available, count);
        long received = 0;
        try (Selector selector = Selector.open()) {
            ((SelectableChannel) source).register(selector, SelectionKey.OP_READ);
            while (received < expected) {
                selector.select(1000);
                selector.selectedKeys().clear();
                long returned =
                        ZeroCopy.transferFrom(target, source, at + received, count - received);
                assertTrue(returned >= 0 && returned <= count - received, "returned " + returned);
                received += returned;
            }
            if (count > available) {
                selector.select(1000);
                long more = ZeroCopy.transferFrom(target, source, at + received, count - received);
                assertEquals(0, more, "at the end");
            }
        }
        return received;
    }

    /** Linux appends to such a file whatever the position is, and so does the JDK's method. */
    @ParameterizedTest
    @EnumSource(
            value = Source.class,
            names = {"TCP", "UNIX", "PIPE", "FILE", "STREAM"})
    void appendsToAFileOpenedForAppending(Source source) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, 100_000);
        Path path = Files.write(Files.createTempFile(folder, "appended", null), new byte[10]);
        try (FileChannel target = FileChannel.open(path, APPEND)) {
            assertEquals(sent.length, receive(source, sent, target, 3, Long.MAX_VALUE));
        }
        byte[] content = Files.readAllBytes(path);
        assertEquals(10 + sent.length, content.length);
        assertEquals(0, Arrays.compare(sent, 0, sent.length, content, 10, content.length));
    }

    /** Towards the beginning of the same file there is one right answer, and it must end. */
    @Test
    void movesBytesTowardsTheBeginningOfTheSameFile() throws Exception {
        int size = 3 << 20;
        byte[] old = PatternFile.bytes(SEED, 0, size);
        Path path = Files.write(folder.resolve("overlapping"), old);
        try (FileChannel file = FileChannel.open(path, WRITE);
                FileChannel source = FileChannel.open(path)) {
            source.position(1000);
            long written = ZeroCopy.transferFrom(file, source, 0, Long.MAX_VALUE);
            assertEquals(size - 1000, written);
            assertEquals(size, source.position());
        }
        byte[] content = Files.readAllBytes(path);
        assertEquals(size, content.length);
        assertEquals(0, Arrays.compare(old, 1000, size, content, 0, size - 1000));
    }

    /** Towards the end the source's old end must stop it, or the file would grow for ever. */
    @Test
    void stopsAtTheOldEndOfTheSameFile() throws Exception {
        int size = 1 << 20;
        Path path = Files.write(folder.resolve("growing"), new byte[size]);
        try (FileChannel file = FileChannel.open(path, WRITE);
                FileChannel source = FileChannel.open(path)) {
            assertEquals(size, ZeroCopy.transferFrom(file, source, 4096, Long.MAX_VALUE));
            assertEquals(size + 4096, file.size());
        }
    }

    /** More than the 2 GiB that one system call moves, and the holes of the source stay holes. */
    @Test
    void copiesMoreThanOneSystemCallDoes() throws Exception {
        long size = (5L << 30) + 12_345;
        PatternFile file =
                PatternFile.sparse(folder, SEED, size, 100_000, 0, 3L << 30, size - 100_000);
        Path path = Files.createFile(folder.resolve("large"));
        try (FileChannel source = file.open();
                FileChannel target = FileChannel.open(path, WRITE)) {
            assertEquals(size, ZeroCopy.transferFrom(target, source, 0, Long.MAX_VALUE));
            assertEquals(size, source.position());
        }
        try (FileChannel written = FileChannel.open(path)) {
            for (long at : new long[] {0, 3L << 30, size - 100_000}) {
                ByteBuffer piece = ByteBuffer.allocate(100_000);
                written.read(piece, at);
                file.check(at, piece.flip());
            }
            assertEquals(size, written.size());
        }
        Files.delete(path);
        Files.delete(file.path());
    }

    /** The kernel says that its size is 0. */
    @Test
    void readsAFileWithoutASizeToItsEnd() throws Exception {
        Path version = Path.of("/proc/version");
        Path path = Files.createFile(folder.resolve("version"));
        try (FileChannel source = FileChannel.open(version);
                FileChannel target = FileChannel.open(path, WRITE)) {
            long written = ZeroCopy.transferFrom(target, source, 0, Long.MAX_VALUE);
            assertEquals(written, source.position());
        }
        assertEquals(Files.readString(version), Files.readString(path));
    }

    @Test
    void takesOneDatagramAfterAnother() throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, 40_000);
        Path path = Files.createFile(folder.resolve("datagrams"));
        try (DatagramChannel source =
                        DatagramChannel.open()
                                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                DatagramChannel sender = DatagramChannel.open();
                FileChannel target = FileChannel.open(path, WRITE)) {
            sender.connect(source.getLocalAddress());
            source.connect(sender.getLocalAddress());
            sender.write(ByteBuffer.wrap(sent, 0, 30_000));
            sender.write(ByteBuffer.wrap(sent, 30_000, 10_000));
            assertEquals(sent.length, ZeroCopy.transferFrom(target, source, 0, sent.length));
        }
        assertEquals(-1, Arrays.mismatch(sent, Files.readAllBytes(path)));
    }

    /**
     * A call that waits for nothing is not ended by an interrupt; the JDK's loses the bytes here.
     */
    @ParameterizedTest
    @EnumSource(Connection.Kind.class)
    void keepsTheInterruptWhereItDoesNotWait(Connection.Kind kind) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, 3000);
        Path path = Files.createTempFile(folder, "interrupted", null);
        try (FileChannel target = FileChannel.open(path, WRITE);
                Incoming incoming = Incoming.open(kind).send(sent).awaitReadable()) {
            incoming.configureBlocking(false);
            Thread.currentThread().interrupt();
            assertEquals(3000, ZeroCopy.transferFrom(target, incoming.source(), 0, 9999));
            assertTrue(Thread.interrupted());
            assertTrue(target.isOpen() && incoming.source().isOpen());
        }
        assertEquals(-1, Arrays.mismatch(sent, Files.readAllBytes(path)));
    }

    /** The kernel tells a reset once; reads and transfers that follow have to tell it too. */
    @Test
    void remembersAReset() throws Exception {
        Path path = Files.createTempFile(folder, "reset", null);
        try (FileChannel target = FileChannel.open(path, WRITE);
                Incoming incoming = Incoming.open(Connection.Kind.TCP)) {
            ((SocketChannel) incoming.sending()).setOption(StandardSocketOptions.SO_LINGER, 0);
            incoming.end().awaitReadable();
            for (int call = 0; call < 2; call++) {
                assertThrows(
                        SocketException.class,
                        () -> ZeroCopy.transferFrom(target, incoming.source(), 0, 10));
            }
            ByteBuffer one = ByteBuffer.allocate(1);
            assertThrows(SocketException.class, () -> incoming.source().read(one));
        }
    }

    @Test
    void countsWhatItMovedAndHow() throws Exception {
        Statistics before = ZeroCopy.statistics();
        check(Source.TCP, PatternFile.bytes(SEED, 0, 1 << 20), 0, Long.MAX_VALUE);
        Statistics middle = ZeroCopy.statistics();
        assertEquals(1 << 20, middle.bytes(Mechanism.COPY) - before.bytes(Mechanism.COPY));
        assertEquals(1, middle.transfers(Mechanism.COPY) - before.transfers(Mechanism.COPY));
        check(Source.STREAM, PatternFile.bytes(SEED, 0, 1 << 20), 0, Long.MAX_VALUE);
        Statistics after = ZeroCopy.statistics();
        assertEquals(1 << 20, after.bytes(Mechanism.COPY) - middle.bytes(Mechanism.COPY));
        assertEquals(1, after.transfers(Mechanism.COPY) - middle.transfers(Mechanism.COPY));
    }
}
