package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.End;
import io.zerocopy.Mechanism;
import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Feeder;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Goal: the target gets the header, exactly the bytes of the source that were asked for, and the
 * trailer; positions and books are as documented, whatever engine moves the bytes.
 *
 * <p>Method: real files, sockets and pipes; the content follows from a pattern.
 */
@ExtendWith(LeakCounter.class)
class TransferContentTest {
    private static final int SIZE = (1 << 20) + 1;
    private static final byte[] HEADER = "the header ".getBytes();
    private static final byte[] TRAILER = " the trailer".getBytes();

    @TempDir Path folder;

    private PatternFile file;
    private byte[] content;
    private Path targetPath;

    @BeforeEach
    void makeFile() throws IOException {
        file = PatternFile.dense(folder, 3, SIZE);
        content = PatternFile.bytes(3, 0, SIZE);
        targetPath = folder.resolve("target");
    }

    static Stream<Arguments> enginesAndKinds() {
        return EngineKind.with(List.of(Kind.values()));
    }

    static Stream<Arguments> enginesAndPairs() {
        return EngineKind.with(List.of(Kind.values()), List.of(Kind.values()));
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void fileGoesToAStreamBetweenHeaderAndTrailer(EngineKind engine, Kind kind) throws Exception {
        try (FileChannel source = file.open();
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.collecting(connection.peer());
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .header(ByteBuffer.wrap(HEADER))
                                .trailer(ByteBuffer.wrap(TRAILER))
                                .to(connection.target())
                                .build()) {
            TransferResult result = transfer.run();
            connection.target().close();
            assertArrayEquals(between(HEADER, content, TRAILER), receiver.awaitBytes());
            assertBooks(engine, End.COMPLETE, SIZE, result);
            assertEquals(SIZE, source.position());
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void streamGoesToAFileBetweenHeaderAndTrailer(EngineKind engine, Kind kind) throws Exception {
        try (Connection connection = Connection.open(kind);
                FileChannel target = open(targetPath);
                Feeder feeder = Feeder.of(connection.target(), content);
                Transfer transfer =
                        Transfer.from(connection.peer())
                                .header(ByteBuffer.wrap(HEADER))
                                .trailer(ByteBuffer.wrap(TRAILER))
                                .to(engine.file(target))
                                .build()) {
            TransferResult result = transfer.run();
            feeder.awaitEnd();
            byte[] expected = between(HEADER, content, TRAILER);
            assertArrayEquals(expected, Files.readAllBytes(targetPath));
            assertBooks(engine, End.COMPLETE, SIZE, result);
            assertEquals(expected.length, target.position());
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndPairs")
    void streamGoesToAStream(EngineKind engine, Kind from, Kind to) throws Exception {
        try (Connection in = Connection.open(from);
                Connection out = Connection.open(to);
                Feeder feeder = Feeder.of(in.target(), content);
                Receiver receiver = Receiver.collecting(out.peer());
                Transfer transfer =
                        Transfer.from(engine.source(in.peer())).to(out.target()).build()) {
            TransferResult result = transfer.run();
            feeder.awaitEnd();
            out.target().close();
            assertArrayEquals(content, receiver.awaitBytes());
            assertBooks(engine, End.COMPLETE, SIZE, result);
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void positionsThatAreGivenLeaveThoseOfTheChannels(EngineKind engine) throws Exception {
        Files.write(targetPath, new byte[10]);
        try (FileChannel source = file.open();
                FileChannel target = open(targetPath);
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .position(1000)
                                .count(5000)
                                .header(ByteBuffer.wrap(HEADER))
                                .to(target, 5)
                                .build()) {
            source.position(17);
            target.position(3);
            TransferResult result = transfer.run();
            assertBooks(engine, End.COMPLETE, 5000, result);
            assertEquals(17, source.position());
            assertEquals(3, target.position());
        }
        byte[] expected = between(new byte[5], HEADER, Arrays.copyOfRange(content, 1000, 6000));
        assertArrayEquals(expected, Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void ownPositionsMoveOn(EngineKind engine) throws Exception {
        Files.write(targetPath, new byte[10]);
        try (FileChannel source = file.open();
                FileChannel target = open(targetPath);
                Transfer transfer =
                        Transfer.from(engine.file(source)).count(5000).to(target).build()) {
            source.position(1000);
            target.position(5);
            assertBooks(engine, End.COMPLETE, 5000, transfer.run());
            assertEquals(6000, source.position());
            assertEquals(5005, target.position());
        }
        byte[] expected = between(new byte[5], Arrays.copyOfRange(content, 1000, 6000));
        assertArrayEquals(expected, Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void appendedTargetGrowsAtItsEnd(EngineKind engine) throws Exception {
        Files.write(targetPath, HEADER);
        try (FileChannel source = file.open();
                FileChannel target = FileChannel.open(targetPath, StandardOpenOption.APPEND);
                Transfer transfer = Transfer.from(engine.file(source)).to(target).build()) {
            assertBooks(engine, End.COMPLETE, SIZE, transfer.run());
        }
        assertArrayEquals(between(HEADER, content), Files.readAllBytes(targetPath));
    }

    /** A trailer behind half of what was asked for would be taken for the rest of it. */
    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void sourceThatEndsBeforeTheCountGetsNoTrailer(EngineKind engine) throws Exception {
        try (Connection in = Connection.pipe();
                FileChannel target = open(targetPath);
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer =
                        Transfer.from(in.peer())
                                .count(SIZE + 1L)
                                .header(ByteBuffer.wrap(HEADER))
                                .trailer(ByteBuffer.wrap(TRAILER))
                                .to(engine.file(target))
                                .build()) {
            assertBooks(engine, End.SOURCE_ENDED, SIZE, transfer.run());
            feeder.awaitEnd();
        }
        assertArrayEquals(between(HEADER, content), Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void fileThatEndsBeforeTheCountGetsNoTrailer(EngineKind engine) throws Exception {
        try (FileChannel source = file.open();
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .count(SIZE + 1L)
                                .trailer(ByteBuffer.wrap(TRAILER))
                                .to(targetPath)
                                .build()) {
            assertBooks(engine, End.SOURCE_ENDED, SIZE, transfer.run());
        }
        assertArrayEquals(content, Files.readAllBytes(targetPath));
    }

    /** No byte more is taken from a stream than was asked for. */
    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void countLeavesTheRestInTheStream(EngineKind engine, Kind kind) throws Exception {
        byte[] some = Arrays.copyOf(content, 3000);
        try (Connection in = Connection.open(kind);
                FileChannel target = open(targetPath);
                Feeder feeder = Feeder.of(in.target(), some);
                Transfer first =
                        Transfer.from(in.peer()).count(1000).to(engine.file(target)).build();
                Transfer second = Transfer.from(in.peer()).to(engine.file(target)).build()) {
            assertBooks(engine, End.COMPLETE, 1000, first.run());
            assertBooks(engine, End.COMPLETE, 2000, second.run());
            feeder.awaitEnd();
        }
        assertArrayEquals(some, Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void nothingButAHeaderAndATrailer(EngineKind engine) throws Exception {
        try (FileChannel source = file.open();
                FileChannel target = open(targetPath);
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .count(0)
                                .header(ByteBuffer.wrap(HEADER), ByteBuffer.wrap(HEADER))
                                .trailer(ByteBuffer.wrap(TRAILER).asReadOnlyBuffer())
                                .to(target)
                                .build()) {
            TransferResult result = transfer.run();
            assertEquals(End.COMPLETE, result.end());
            assertEquals(0, result.delivered());
        }
        assertArrayEquals(between(HEADER, HEADER, TRAILER), Files.readAllBytes(targetPath));
    }

    /**
     * Larger than any buffer inside of the library; given in a direct buffer that is used later.
     */
    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void largeHeaderIsCopiedWhenItIsGiven(EngineKind engine, Kind kind) throws Exception {
        ByteBuffer header = ByteBuffer.allocateDirect(SIZE).put(content).flip();
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Receiver receiver = Receiver.collecting(out.peer());
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .header(header)
                                .to(out.target())
                                .build()) {
            assertEquals(SIZE, header.remaining());
            header.put(0, new byte[SIZE]);
            assertBooks(engine, End.COMPLETE, SIZE, transfer.run());
            out.target().close();
            assertArrayEquals(between(content, content), receiver.awaitBytes());
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void fileOfProcfsIsReadToItsEnd(EngineKind engine) throws Exception {
        Path version = Path.of("/proc/version");
        try (FileChannel source = FileChannel.open(version);
                Transfer transfer = Transfer.from(engine.file(source)).to(targetPath).build()) {
            assertEquals(End.COMPLETE, transfer.run().end());
        }
        assertArrayEquals(Files.readAllBytes(version), Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void positionBehindTheEndIsAnEmptyRest(EngineKind engine) throws Exception {
        for (long position : new long[] {SIZE, SIZE + 1L, Long.MAX_VALUE - 1, Long.MAX_VALUE}) {
            try (FileChannel source = file.open();
                    Transfer transfer =
                            Transfer.from(engine.file(source))
                                    .position(position)
                                    .to(targetPath)
                                    .build()) {
                TransferResult result = transfer.run();
                assertEquals(End.COMPLETE, result.end(), () -> "from " + position);
                assertEquals(0, result.delivered());
                assertEquals(Set.of(), result.mechanisms());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void smallChunksMoveTheSame(EngineKind engine) throws Exception {
        try (FileChannel source = file.open();
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .header(ByteBuffer.wrap(HEADER))
                                .chunkBytes(1001)
                                .to(targetPath)
                                .build()) {
            assertBooks(engine, End.COMPLETE, SIZE, transfer.run());
        }
        assertArrayEquals(between(HEADER, content), Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void anotherRunAfterTheEndMovesNothing(EngineKind engine) throws Exception {
        try (FileChannel source = file.open();
                FileChannel target = open(targetPath);
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .header(ByteBuffer.wrap(HEADER))
                                .to(target)
                                .build()) {
            assertBooks(engine, End.COMPLETE, SIZE, transfer.run());
            assertBooks(engine, End.COMPLETE, SIZE, transfer.run());
        }
        assertArrayEquals(between(HEADER, content), Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void onlyThePathsAreClosed(EngineKind engine) throws Exception {
        try (FileChannel source = file.open();
                FileChannel target = open(targetPath)) {
            Transfer.from(engine.file(source)).to(engine.file(target)).build().close();
            try (Transfer transfer =
                    Transfer.from(engine.file(source)).to(engine.file(target)).build()) {
                transfer.run();
            }
            assertTrue(source.isOpen() && target.isOpen());
        }
        // LeakCounter sees a descriptor that stays open.
        Path second = folder.resolve("second");
        try (Transfer transfer = Transfer.from(file.path()).to(second).build()) {
            transfer.run();
        }
        assertArrayEquals(content, Files.readAllBytes(second));
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void datagramsStayWhatTheyAre(EngineKind engine) throws Exception {
        int[] sizes = {1, 8192, 60_000, 3};
        try (DatagramChannel in = datagrams();
                DatagramChannel sender = datagrams();
                DatagramChannel out = datagrams();
                DatagramChannel receiver = datagrams()) {
            connect(in, sender);
            connect(out, receiver);
            for (int size : sizes) {
                sender.write(ByteBuffer.wrap(content, 0, size));
            }
            long sum = Arrays.stream(sizes).sum();
            try (Transfer transfer = Transfer.from(in).count(sum).to(engine.target(out)).build()) {
                assertEquals(sum, transfer.run().delivered());
            }
            ByteBuffer into = ByteBuffer.allocate(1 << 16);
            for (int size : sizes) {
                receiver.read(into.clear());
                assertArrayEquals(
                        Arrays.copyOf(content, size), Arrays.copyOf(into.array(), into.position()));
            }
        }
    }

    private static DatagramChannel datagrams() throws IOException {
        return DatagramChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    private static void connect(DatagramChannel one, DatagramChannel other) throws IOException {
        one.connect(other.getLocalAddress());
        other.connect(one.getLocalAddress());
    }

    private static FileChannel open(Path path) throws IOException {
        return FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static void assertBooks(
            EngineKind engine, End end, long delivered, TransferResult result) {
        assertEquals(end, result.end(), result::toString);
        assertEquals(delivered, result.delivered(), result::toString);
        assertEquals(delivered, result.consumed(), result::toString);
        assertFalse(result.elapsed().isNegative());
        if (engine == EngineKind.BUFFER) {
            assertEquals(Set.of(Mechanism.COPY), result.mechanisms());
            assertEquals(0, result.systemCalls());
        } else {
            assertFalse(result.mechanisms().isEmpty(), result::toString);
        }
    }

    private static byte[] between(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
