package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.HeapCopy;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Every kind of target must receive exactly the bytes that copying through a heap buffer delivers:
 * each transfer goes over a real channel, and what arrives is compared with such a copy.
 */
@ExtendWith(LeakCounter.class)
class TransferToOracleTest {
    /** Around the sizes of a sector, a page, a pipe and the library's own limits. */
    private static final int[] SIZES = {
        0, 1, 511, 4095, 4096, 4097, 65537, (1 << 20) + 1, 16 << 20
    };

    private static final long SEED = 3;
    private static final long SOURCE_POSITION = 3;

    @TempDir private static Path folder;

    private enum Target {
        TCP,
        TCP_NON_BLOCKING,
        UNIX,
        UNIX_NON_BLOCKING,
        PIPE,
        PIPE_NON_BLOCKING,
        FILE,
        CUSTOM,
        STREAM;

        boolean isNonBlocking() {
            return name().endsWith("_NON_BLOCKING");
        }

        Connection.Kind connection() {
            return Connection.Kind.valueOf(name().replace("_NON_BLOCKING", ""));
        }
    }

    static Stream<Arguments> transfers() {
        Stream.Builder<Arguments> transfers = Stream.builder();
        for (Target target : Target.values()) {
            for (int size : SIZES) {
                positions(size).forEach(at -> transfers.add(Arguments.of(target, size, at)));
            }
        }
        return transfers.build();
    }

    private static LongStream positions(long size) {
        return LongStream.of(0, size / 3 | 1, size - 1, size, size + 1, 1L << 62, Long.MAX_VALUE)
                .filter(position -> position >= 0)
                .distinct();
    }

    @ParameterizedTest(name = "{0}, {1} bytes, from {2}")
    @MethodSource("transfers")
    void deliversWhatAHeapBufferCopyDelivers(Target target, int size, long position)
            throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, size);
        long rest = Math.max(0, size - position);
        // More than there is, exactly what there is, less, and so little that it is not sendfile's.
        for (long count :
                LongStream.of(Long.MAX_VALUE, rest, rest / 2, 4096).distinct().toArray()) {
            try (FileChannel source = file.open()) {
                byte[] expected = HeapCopy.of(source, position, count);
                source.position(SOURCE_POSITION);
                byte[] actual = transfer(source, position, count, target, expected.length);
                assertSame(expected, actual, "count " + count);
                assertEquals(SOURCE_POSITION, source.position(), "the position of the source");
            }
        }
    }

    /** Transfers of all sizes one after the other: none leaves anything behind for the next. */
    @ParameterizedTest
    @EnumSource(Connection.Kind.class)
    void deliversManyTransfersInOrder(Connection.Kind kind) throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, 1 << 20);
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        try (FileChannel source = file.open();
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.collecting(connection.peer())) {
            for (int transfer = 0; transfer < 300; transfer++) {
                long position = random.nextInt((int) file.size() + 100);
                long count = 1L << random.nextInt(18);
                byte[] piece = HeapCopy.of(source, position, count);
                expected.write(piece);
                assertEquals(
                        piece.length,
                        ZeroCopy.transferTo(source, position, count, connection.target()),
                        "seed " + seed + ", transfer " + transfer);
            }
            connection.target().close();
            assertSame(expected.toByteArray(), receiver.awaitBytes(), "seed " + seed);
        }
    }

    /** A connected datagram socket gets the datagrams that the newest JDK sends. */
    @ParameterizedTest
    @ValueSource(ints = {1, 511, 8192, 8193, 16383, 16384, 20000, 65507})
    void sendsDatagramsAsTheJdkDoes(int size) throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, size);
        try (FileChannel source = file.open();
                DatagramChannel receiver = DatagramChannel.open();
                DatagramChannel sender = DatagramChannel.open()) {
            connect(sender, receiver);
            assertEquals(size, ZeroCopy.transferTo(source, 0, Long.MAX_VALUE, sender));
            int datagramBytes = size < 16 << 10 ? 8 << 10 : size;
            ByteBuffer buffer = ByteBuffer.allocate(1 << 17);
            for (int at = 0; at < size; at += datagramBytes) {
                receiver.receive(buffer.clear());
                buffer.flip();
                assertEquals(Math.min(datagramBytes, size - at), buffer.remaining(), "at " + at);
                file.check(at, buffer);
            }
        }
    }

    @Test
    void refusesWhatDoesNotFitInADatagram() throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, 65508);
        try (FileChannel source = file.open();
                DatagramChannel receiver = DatagramChannel.open();
                DatagramChannel sender = DatagramChannel.open()) {
            connect(sender, receiver);
            IOException thrown =
                    assertThrows(
                            IOException.class, () -> ZeroCopy.transferTo(source, 0, 65508, sender));
            assertEquals("Message too long", thrown.getMessage());
            assertTrue(source.isOpen() && sender.isOpen());
        }
    }

    private static void connect(DatagramChannel sender, DatagramChannel receiver)
            throws IOException {
        receiver.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        sender.connect(receiver.getLocalAddress());
    }

    private static byte[] transfer(
            FileChannel source, long position, long count, Target target, long expected)
            throws Exception {
        switch (target) {
            case FILE:
                return toFile(source, position, count, expected);
            case CUSTOM:
                Custom custom = new Custom();
                assertEquals(expected, ZeroCopy.transferTo(source, position, count, custom));
                return custom.bytes.toByteArray();
            case STREAM:
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                WritableByteChannel stream = Channels.newChannel(bytes);
                assertEquals(expected, ZeroCopy.transferTo(source, position, count, stream));
                return bytes.toByteArray();
            default:
                return toConnection(source, position, count, target, expected);
        }
    }

    /** A file is written at its position, which advances; what lies around is left alone. */
    private static byte[] toFile(FileChannel source, long position, long count, long expected)
            throws IOException {
        int before = 37;
        int after = 11;
        Path path = Files.createTempFile(folder, "target", null);
        Files.write(path, new byte[(int) (before + expected + after)]);
        try (FileChannel target = FileChannel.open(path, StandardOpenOption.WRITE)) {
            target.position(before);
            assertEquals(expected, ZeroCopy.transferTo(source, position, count, target));
            assertEquals(before + expected, target.position(), "the position of the target");
        }
        byte[] content = Files.readAllBytes(path);
        Files.delete(path);
        assertEquals(before + expected + after, content.length);
        assertArrayEquals(new byte[before], Arrays.copyOf(content, before));
        assertArrayEquals(
                new byte[after],
                Arrays.copyOfRange(content, content.length - after, content.length));
        return Arrays.copyOfRange(content, before, content.length - after);
    }

    private static byte[] toConnection(
            FileChannel source, long position, long count, Target target, long expected)
            throws Exception {
        try (Connection connection = Connection.open(target.connection());
                Receiver receiver = Receiver.collecting(connection.peer())) {
            if (target.isNonBlocking()) {
                connection.configureBlocking(false);
                selectAndTransfer(source, position, count, expected, connection.target());
            } else {
                long returned = ZeroCopy.transferTo(source, position, count, connection.target());
                assertEquals(expected, returned, "the returned count");
            }
            connection.target().close();
            return receiver.awaitBytes();
        }
    }

    /** What a selector loop does: transfers what the target takes, then waits for it. */
    private static void selectAndTransfer(
            FileChannel source,
            long position,
            long count,
            long expected,
            WritableByteChannel target)
            throws IOException {
        try (Selector selector = Selector.open()) {
            ((SelectableChannel) target).register(selector, SelectionKey.OP_WRITE);
            long moved = 0;
            while (moved < expected) {
                selector.select(1000);
                selector.selectedKeys().clear();
                long returned =
                        ZeroCopy.transferTo(source, position + moved, count - moved, target);
                assertTrue(returned >= 0 && returned <= count - moved, "returned " + returned);
                moved += returned;
            }
            long end = expected > 0 ? position + moved : position;
            assertEquals(0, ZeroCopy.transferTo(source, end, count - moved, target), "at the end");
        }
    }

    private static void assertSame(byte[] expected, byte[] actual, String message) {
        assertEquals(expected.length, actual.length, message);
        assertEquals(-1, Arrays.mismatch(expected, actual), message + ": the first wrong byte");
    }

    /** A channel that is not the JDK's own. */
    private static final class Custom implements WritableByteChannel {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public int write(ByteBuffer from) {
            byte[] piece = new byte[from.remaining()];
            from.get(piece);
            bytes.writeBytes(piece);
            return piece.length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
