package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;
import io.zerocopy.fixture.Await;
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
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * Goal: a transfer whose channels are in non-blocking mode comes back instead of waiting, says
 * which end it waits for, and goes on exactly where it was; nothing is lost and nothing comes
 * twice.
 *
 * <p>Method: a selector's loop around it; or nobody reads, and what lies about is counted together:
 * what the peer has, what is drained, and what is still in the source.
 */
@ExtendWith(LeakCounter.class)
class TransferResumingTest {
    private static final int SIZE = 5_000_001;
    private static final byte[] HEADER = "the header ".getBytes();

    @TempDir Path folder;

    private PatternFile file;
    private byte[] content;

    @BeforeEach
    void makeFile() throws IOException {
        file = PatternFile.dense(folder, 4, SIZE);
        content = PatternFile.bytes(4, 0, SIZE);
    }

    static Stream<Arguments> enginesAndKinds() {
        return EngineKind.with(List.of(Kind.values()));
    }

    /** Of a pair one end is hidden, and the other is in non-blocking mode. */
    static Stream<Arguments> enginesAndPairs() {
        return EngineKind.with(List.of(Kind.values()), List.of(Kind.values()));
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void selectorLoopSendsAFile(EngineKind engine, Kind kind) throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Receiver receiver = Receiver.slow(out.peer(), 300_000, 200);
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .header(ByteBuffer.wrap(HEADER))
                                .to(out.target())
                                .build()) {
            out.configureBlocking(false);
            TransferResult result = runBySelector(transfer, null, out.target());
            assertEquals(End.COMPLETE, result.end());
            assertEquals(SIZE, result.delivered());
            out.target().close();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            expected.writeBytes(HEADER);
            expected.writeBytes(content);
            assertArrayEquals(expected.toByteArray(), receiver.awaitBytes());
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void selectorLoopReceivesAFile(EngineKind engine, Kind kind) throws Exception {
        Path targetPath = folder.resolve("target");
        try (Connection in = Connection.open(kind);
                Feeder feeder = Feeder.of(in.target(), content)) {
            configureNonBlocking(in.peer());
            try (Transfer transfer =
                    engine == EngineKind.NATIVE
                            ? Transfer.from(in.peer()).to(targetPath).build()
                            : Transfer.from(in.peer()).to(foreignFile(targetPath)).build()) {
                TransferResult result = runBySelector(transfer, in.peer(), null);
                assertEquals(End.COMPLETE, result.end());
                assertEquals(SIZE, result.delivered());
            }
            feeder.awaitEnd();
        }
        assertArrayEquals(content, Files.readAllBytes(targetPath));
    }

    @ParameterizedTest
    @MethodSource("enginesAndPairs")
    void selectorLoopPassesOnAStream(EngineKind engine, Kind from, Kind to) throws Exception {
        try (Connection in = Connection.open(from);
                Connection out = Connection.open(to);
                Feeder feeder = Feeder.of(in.target(), content);
                Receiver receiver = Receiver.slow(out.peer(), 300_000, 200);
                Transfer transfer =
                        Transfer.from(engine.source(in.peer())).to(out.target()).build()) {
            configureNonBlocking(in.peer());
            out.configureBlocking(false);
            TransferResult result = runBySelector(transfer, in.peer(), out.target());
            feeder.awaitEnd();
            assertEquals(End.COMPLETE, result.end());
            assertEquals(SIZE, result.delivered());
            out.target().close();
            assertArrayEquals(content, receiver.awaitBytes());
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void silentSourceIsWaitedForByTheCaller(EngineKind engine, Kind kind) throws Exception {
        try (Connection in = Connection.open(kind);
                Connection out = Connection.pipe();
                Transfer transfer =
                        Transfer.from(in.peer()).to(engine.target(out.target())).build()) {
            configureNonBlocking(in.peer());
            assertEquals(End.WAIT_SOURCE, transfer.run().end());
            assertEquals(End.WAIT_SOURCE, transfer.run().end());
            in.target().write(ByteBuffer.wrap(HEADER));
            assertEquals(End.WAIT_SOURCE, transfer.run().end());
            assertEquals(HEADER.length, transfer.progress().delivered());
            in.target().close();
            assertEquals(End.COMPLETE, transfer.run().end());
        }
    }

    @ParameterizedTest
    @MethodSource("enginesAndPairs")
    void fullTargetLeavesNothingBehind(EngineKind engine, Kind from, Kind to) throws Exception {
        try (Connection in = Connection.open(from);
                Connection out = Connection.open(to);
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer =
                        Transfer.from(engine.source(in.peer())).to(out.target()).build()) {
            configureNonBlocking(in.peer());
            out.configureBlocking(false);
            TransferResult result = runUntilFull(transfer);
            assertTrue(result.delivered() < SIZE, result::toString);
            byte[] drained = drain(transfer);
            assertEquals(result.consumed() - result.delivered(), drained.length);
            try (Receiver receiver = Receiver.collecting(out.peer())) {
                out.target().close();
                byte[] received = receiver.awaitBytes();
                assertEquals(result.delivered(), received.length);
                byte[] rest = readAll(in.peer());
                feeder.awaitEnd();
                assertArrayEquals(content, together(received, drained, rest));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void cancelledRunIsGoneOnWith(EngineKind engine) throws Exception {
        try (Connection in = Connection.pipe();
                Connection out = Connection.tcp();
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer =
                        Transfer.from(engine.source(in.peer())).to(out.target()).build()) {
            configureNonBlocking(in.peer());
            out.configureBlocking(false);
            runUntilFull(transfer);
            transfer.cancel();
            assertEquals(End.CANCELLED, transfer.run().end());
            assertNotEquals(End.CANCELLED, transfer.run().end());
            try (Receiver receiver = Receiver.collecting(out.peer())) {
                runBySelector(transfer, in.peer(), out.target());
                feeder.awaitEnd();
                out.target().close();
                assertArrayEquals(content, receiver.awaitBytes());
            }
        }
    }

    /** A run shares its thread: it comes back although both ends are ready. */
    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void runComesBackAfterItsShare(EngineKind engine) throws Exception {
        PatternFile large = PatternFile.sparse(folder, 9, 1L << 30, 100_000, 0);
        try (FileChannel source = large.open();
                Connection out = Connection.tcpWithLargeBuffers();
                Receiver receiver = Receiver.checking(out.peer(), large, 0);
                Transfer transfer = Transfer.from(engine.file(source)).to(out.target()).build()) {
            out.configureBlocking(false);
            TransferResult result = transfer.run();
            assertEquals(End.WAIT_TARGET, result.end());
            assertTrue(result.delivered() < large.size() / 2, result::toString);
            out.target().close();
            assertEquals(result.delivered(), receiver.awaitEnd());
        }
    }

    /** A truncated source is an end, and no endless loop. */
    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void fileThatShrinksMeanwhileEnds(EngineKind engine) throws Exception {
        Path path = Files.copy(file.path(), folder.resolve("shrinking"));
        try (FileChannel source = FileChannel.open(path);
                Connection out = Connection.tcp();
                Transfer transfer =
                        Transfer.from(engine.file(source)).count(SIZE).to(out.target()).build()) {
            out.configureBlocking(false);
            long delivered = runUntilFull(transfer).delivered();
            try (FileChannel writable = FileChannel.open(path, StandardOpenOption.WRITE);
                    Receiver receiver = Receiver.collecting(out.peer())) {
                writable.truncate(delivered / 2);
                TransferResult result = runBySelector(transfer, null, out.target());
                assertEquals(End.SOURCE_ENDED, result.end());
                out.target().close();
                assertEquals(result.delivered(), receiver.awaitEnd());
            }
        }
    }

    private static FileChannel foreignFile(Path path) throws IOException {
        return EngineKind.BUFFER.file(
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    }

    private static void configureNonBlocking(Channel channel) throws IOException {
        ((SelectableChannel) channel).configureBlocking(false);
    }

    /** Runs until the target takes nothing more for a while. */
    private static TransferResult runUntilFull(Transfer transfer) {
        TransferResult[] last = {null};
        long[] since = {System.nanoTime()};
        Await.until(
                "the target is full",
                () -> {
                    TransferResult result = transfer.run();
                    if (last[0] == null || result.delivered() > last[0].delivered()) {
                        since[0] = System.nanoTime();
                    }
                    last[0] = result;
                    return result.end() == End.WAIT_TARGET
                            && System.nanoTime() - since[0] > 400_000_000L;
                });
        return last[0];
    }

    /** What a server does; an end that is null is not in non-blocking mode. */
    private static TransferResult runBySelector(Transfer transfer, Channel source, Channel target)
            throws IOException {
        try (Selector selector = Selector.open()) {
            SelectionKey read = register(selector, source, SelectionKey.OP_READ);
            SelectionKey write = register(selector, target, SelectionKey.OP_WRITE);
            TransferResult result = transfer.run();
            while (result.end() == End.WAIT_SOURCE || result.end() == End.WAIT_TARGET) {
                boolean waitsForSource = result.end() == End.WAIT_SOURCE;
                if (read != null) {
                    read.interestOps(waitsForSource ? SelectionKey.OP_READ : 0);
                }
                if (write != null) {
                    write.interestOps(waitsForSource ? 0 : SelectionKey.OP_WRITE);
                }
                assertNotEquals(0, selector.select(Await.LONG.toMillis()), result::toString);
                selector.selectedKeys().clear();
                result = transfer.run();
            }
            return result;
        }
    }

    private static SelectionKey register(Selector selector, Channel channel, int operation)
            throws IOException {
        return channel == null ? null : ((SelectableChannel) channel).register(selector, operation);
    }

    private static byte[] drain(Transfer transfer) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        // Odd, so that no piece ends where a page does.
        ByteBuffer piece = ByteBuffer.allocate(1001);
        while (transfer.drainUndelivered(piece.clear()) > 0) {
            all.write(piece.array(), 0, piece.position());
        }
        return all.toByteArray();
    }

    private static byte[] readAll(ReadableByteChannel channel) throws IOException {
        ((SelectableChannel) channel).configureBlocking(true);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer piece = ByteBuffer.allocate(1 << 16);
        while (channel.read(piece.clear()) >= 0) {
            all.write(piece.array(), 0, piece.position());
        }
        return all.toByteArray();
    }

    private static byte[] together(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
