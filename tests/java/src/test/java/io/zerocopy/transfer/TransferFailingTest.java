package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.nio.file.ExtendedOpenOption;

import io.zerocopy.Mechanism;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.TransferResult;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Feeder;
import io.zerocopy.fixture.ForeignChannel;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Goal: a transfer that fails says exactly what was moved, and what was taken from the source and
 * not delivered is in one place: with the transfer, or with its exception.
 *
 * <p>Method: peers that reset, a full device, and channels that fail after a number of bytes. The
 * books are compared with what the source still has.
 */
@ExtendWith(LeakCounter.class)
class TransferFailingTest {
    private static final int SIZE = 3_000_001;
    private static final int ROOM_BYTES = 1_234_567;
    private static final int EINVAL = 22;

    @TempDir Path folder;

    private byte[] content;

    @BeforeEach
    void makeContent() {
        content = PatternFile.bytes(6, 0, SIZE);
    }

    static Stream<Arguments> enginesAndKinds() {
        return EngineKind.with(List.of(Kind.values()));
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void resetByThePeerLosesNothingOfAStream(EngineKind engine, Kind kind) throws Exception {
        try (Connection in = Connection.open(kind);
                Connection out = Connection.tcp();
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer =
                        Transfer.from(engine.source(in.peer())).to(out.target()).build()) {
            out.resetByPeer();
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertBooks(thrown, in.peer());
            feeder.awaitEnd();
            assertTrue(thrown.getMessage().contains("the peer"), thrown::toString);
            assertTrue(thrown.getMessage().startsWith("transfer from "), thrown::toString);
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void fullDeviceLosesNothingOfAStream(EngineKind engine, Kind kind) throws Exception {
        try (Connection in = Connection.open(kind);
                FileChannel full =
                        FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE);
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer = Transfer.from(in.peer()).to(engine.file(full)).build()) {
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertEquals(0, thrown.delivered());
            assertBooks(thrown, in.peer());
            feeder.awaitEnd();
            assertTrue(thrown.getMessage().contains("No space left"), thrown::toString);
            assertTrue(thrown.getMessage().contains("make room"), thrown::toString);
        }
    }

    /** The same failure as a file system that becomes full in the middle. */
    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void targetThatFailsInTheMiddleHasWhatItTook(EngineKind engine, Kind kind) throws Exception {
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        WritableByteChannel target =
                ForeignChannel.failingAfter(ROOM_BYTES, Channels.newChannel(taken));
        try (Connection in = Connection.open(kind);
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer = Transfer.from(engine.source(in.peer())).to(target).build()) {
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertEquals(ROOM_BYTES, thrown.delivered());
            assertArrayEquals(Arrays.copyOf(content, ROOM_BYTES), taken.toByteArray());
            assertBooks(thrown, in.peer());
            feeder.awaitEnd();
            assertEquals(Mechanism.COPY, thrown.mechanism());
            assertTrue(thrown.getMessage().contains("no room"), thrown::toString);
        }
    }

    @Test
    void sourceThatFailsInTheMiddleHasDeliveredWhatCame() throws Exception {
        int[] left = {ROOM_BYTES};
        ByteArrayInputStream bytes = new ByteArrayInputStream(content);
        ReadableByteChannel source =
                Channels.newChannel(
                        new InputStream() {
                            @Override
                            public int read() throws IOException {
                                throw new IOException("one by one");
                            }

                            @Override
                            public int read(byte[] into, int offset, int length)
                                    throws IOException {
                                if (left[0] == 0) {
                                    throw new IOException("the line is cut");
                                }
                                int count = bytes.read(into, offset, Math.min(length, left[0]));
                                left[0] -= count;
                                return count;
                            }
                        });
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        try (Transfer transfer = Transfer.from(source).to(Channels.newChannel(taken)).build()) {
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertEquals("the line is cut", thrown.getCause().getMessage());
            assertEquals(thrown.consumed() - thrown.delivered(), thrown.undelivered().remaining());
            taken.writeBytes(bytesOf(thrown.undelivered()));
            assertArrayEquals(Arrays.copyOf(content, ROOM_BYTES), taken.toByteArray());
        }
    }

    /** What was undelivered is delivered by the next run, and is not in the exception any more. */
    @Test
    void nextRunAfterAFailureGoesOn() throws Exception {
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        boolean[] isFull = {true};
        WritableByteChannel around = Channels.newChannel(taken);
        WritableByteChannel target = new FullForAWhile(around, isFull);
        try (Connection in = Connection.pipe();
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer = Transfer.from(in.peer()).to(target).build()) {
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertTrue(thrown.consumed() > 0, thrown::toString);
            isFull[0] = false;
            TransferResult result = transfer.run();
            feeder.awaitEnd();
            assertEquals(SIZE, result.delivered());
            assertEquals(0, thrown.undelivered().remaining());
        }
        assertArrayEquals(content, taken.toByteArray());
    }

    /** A block of try with resources closes the transfer before the exception is looked at. */
    @Test
    void undeliveredBytesOutliveTheTransfer() throws Exception {
        WritableByteChannel target =
                ForeignChannel.failingAfter(0, Channels.newChannel(new ByteArrayOutputStream()));
        try (Connection in = Connection.pipe();
                Feeder feeder = Feeder.of(in.target(), content)) {
            TransferException thrown =
                    assertThrows(
                            TransferException.class,
                            () -> {
                                try (Transfer transfer =
                                        Transfer.from(in.peer()).to(target).build()) {
                                    transfer.run();
                                }
                            });
            assertTrue(thrown.undelivered().hasRemaining(), thrown::toString);
            assertBooks(thrown, in.peer());
            feeder.awaitEnd();
        }
    }

    @Test
    void bytesAreHandedBackOnceOnly() throws Exception {
        WritableByteChannel target =
                ForeignChannel.failingAfter(0, Channels.newChannel(new ByteArrayOutputStream()));
        try (Connection in = Connection.pipe();
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer = Transfer.from(in.peer()).to(target).build()) {
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            int undelivered = thrown.undelivered().remaining();
            assertEquals(thrown.consumed() - thrown.delivered(), undelivered);
            assertEquals(0, transfer.drainUndelivered(ByteBuffer.allocate(10)));
            assertEquals(
                    undelivered, thrown.undelivered().remaining(), "it stays in the exception");
            assertTrue(thrown.undelivered().isReadOnly());
            assertBooks(thrown, in.peer());
            feeder.awaitEnd();
        }
    }

    @Test
    void booksSurviveSerialization() throws Exception {
        TransferException thrown =
                new TransferException(
                        "text", null, 28, "write", Mechanism.COPY, 5, 7, ByteBuffer.allocate(2));
        assertEquals(2, thrown.undelivered().remaining());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(thrown);
        }
        TransferException copy;
        try (ObjectInputStream in =
                new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            copy = (TransferException) in.readObject();
        }
        assertEquals(28, copy.errno());
        assertEquals("write", copy.call());
        assertSame(Mechanism.COPY, copy.mechanism());
        assertEquals(5, copy.delivered());
        assertEquals(7, copy.consumed());
        assertEquals(0, copy.undelivered().remaining());
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void interruptClosesBothChannels(EngineKind engine, Kind kind) throws Exception {
        PatternFile file = PatternFile.dense(folder, 6, SIZE);
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Receiver receiver = Receiver.checking(out.peer(), file, 0);
                Transfer transfer = Transfer.from(engine.file(source)).to(out.target()).build()) {
            Thread.currentThread().interrupt();
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertTrue(Thread.interrupted());
            assertInstanceOf(ClosedByInterruptException.class, thrown.getCause());
            assertFalse(source.isOpen() || out.target().isOpen());
            assertEquals(thrown.delivered(), receiver.awaitEnd());
        }
    }

    /** Delivered, undelivered and what is still in the source are together what was fed. */
    private void assertBooks(TransferException thrown, ReadableByteChannel source)
            throws IOException {
        byte[] undelivered = bytesOf(thrown.undelivered());
        assertEquals(thrown.consumed() - thrown.delivered(), undelivered.length);
        int from = (int) thrown.delivered();
        int to = (int) thrown.consumed();
        assertArrayEquals(Arrays.copyOfRange(content, from, to), undelivered);
        ByteArrayOutputStream rest = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(1 << 16);
        while (source.read(piece.clear()) >= 0) {
            rest.write(piece.array(), 0, piece.position());
        }
        assertArrayEquals(Arrays.copyOfRange(content, to, SIZE), rest.toByteArray());
    }

    private static byte[] bytesOf(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /** Fails as long as it is told to. */
    private static final class FullForAWhile implements WritableByteChannel {
        private final WritableByteChannel target;
        private final boolean[] isFull;

        FullForAWhile(WritableByteChannel target, boolean[] isFull) {
            this.target = target;
            this.isFull = isFull;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            if (isFull[0]) {
                throw new IOException("No space left on device");
            }
            return target.write(bytes);
        }

        @Override
        public boolean isOpen() {
            return target.isOpen();
        }

        @Override
        public void close() throws IOException {
            target.close();
        }
    }

    @Test
    void tooLongDatagramSaysWhatOneTakes() throws Exception {
        try (DatagramChannel receiver = DatagramChannel.open();
                DatagramChannel sender = DatagramChannel.open();
                FileChannel source = PatternFile.dense(folder, 6, 70_000).open();
                Transfer transfer = Transfer.from(source).to(sender).chunkBytes(70_000).build()) {
            receiver.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            sender.connect(receiver.getLocalAddress());
            TransferException e = assertThrows(TransferException.class, transfer::run);
            assertTrue(e.getMessage().contains("Message too long"), e.getMessage());
            assertTrue(e.getMessage().contains("65,507 bytes at most"), e.getMessage());
            assertEquals(0, e.delivered());
        }
    }

    /** Beside the classes: there are file systems of temporary files that take any bytes. */
    @Test
    void restBehindTheLastBlockSaysWhereItWouldBegin() throws Exception {
        Path path = Files.createTempFile(Path.of("build").toAbsolutePath(), "direct", null);
        try (FileChannel source = PatternFile.dense(folder, 6, 70_001).open();
                FileChannel target =
                        FileChannel.open(
                                path, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
                Transfer transfer = Transfer.from(source).to(target).build()) {
            String fileSystem = Files.getFileStore(path).type();
            assumeFalse(Set.of("tmpfs", "btrfs", "overlay").contains(fileSystem), fileSystem);
            TransferException e = assertThrows(TransferException.class, transfer::run);
            assertEquals(EINVAL, e.errno());
            assertEquals(e.delivered(), Files.size(path));
            assertTrue(70_001 - e.delivered() < 4096, "delivered " + e.delivered());
            String said = "B, not the rest at offset " + e.delivered();
            assertTrue(e.getMessage().contains("O_DIRECT takes whole blocks of "), e.getMessage());
            assertTrue(e.getMessage().contains(said), e.getMessage());
            assertTrue(e.getMessage().contains("without DIRECT"), e.getMessage());
            // This also fails where JDK 17 was left with an aligned buffer for the thread.
            assertArrayEquals(
                    PatternFile.bytes(6, 0, (int) e.delivered()), Files.readAllBytes(path));
        } finally {
            Files.delete(path);
        }
    }
}
