package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Where the library's answer is meant to differ from the JDK's. More of them: {@link LargeFileTest}
 * for transfers that the JDK cuts at 2 GiB, {@link WakeUpTest} for wake-ups that the JDK misses,
 * {@link OneCarrierTest} for virtual threads that the JDK pins.
 */
@ExtendWith(LeakCounter.class)
class NamedDifferencesTest {
    @TempDir private static Path folder;

    /** The JDK moves at most 8 MiB into a pipe. */
    @Test
    void blockingTransferIntoAPipeIsNotCut() throws Exception {
        PatternFile file = PatternFile.dense(folder, 9, (16 << 20) + 1);
        try (FileChannel source = file.open();
                Connection connection = Connection.pipe();
                Receiver receiver = Receiver.checking(connection.peer(), file, 0)) {
            assertEquals(
                    file.size(),
                    ZeroCopy.transferTo(source, 0, Long.MAX_VALUE, connection.target()));
            connection.target().close();
            assertEquals(file.size(), receiver.awaitEnd());
        }
    }

    /**
     * The first write of a virtual thread makes the descriptor non-blocking for good, though the
     * channel stays in blocking mode: the JDK's transfer then returns 0 whenever it is full.
     */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void neverZeroBeforeTheEndAfterAVirtualThreadHasWritten(Kind kind) throws Exception {
        assumeTrue(Jvm.hasVirtualThreads(), "this JDK has no virtual threads");
        PatternFile file = PatternFile.dense(folder, 9, 8 << 20);
        try (FileChannel source = file.open();
                Connection connection = Connection.open(kind)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            Jvm.run(ThreadKind.VIRTUAL, "writer", () -> connection.target().write(one)).await();
            assertEquals(1, connection.peer().read(one.clear()));
            Jvm.Task<Long> transfer =
                    Jvm.run(
                            ThreadKind.PLATFORM,
                            "sender",
                            () -> ZeroCopy.transferTo(source, 0, 8 << 20, connection.target()));
            try (Receiver receiver = Receiver.slow(connection.peer(), 64 << 10, 100)) {
                assertEquals(8 << 20, transfer.await());
                connection.target().close();
                file.check(0, ByteBuffer.wrap(receiver.awaitBytes()));
            }
        }
    }

    /** The same at the other end, where the JDK takes an empty source for the end of it. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void neverZeroBeforeTheEndAfterAVirtualThreadHasRead(Kind kind) throws Exception {
        assumeTrue(Jvm.hasVirtualThreads(), "this JDK has no virtual threads");
        byte[] sent = PatternFile.bytes(9, 0, 1000);
        Path path = Files.createTempFile(folder, "target", null);
        try (Incoming incoming = Incoming.open(kind).send(new byte[1]);
                FileChannel file = FileChannel.open(path, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            Jvm.run(ThreadKind.VIRTUAL, "reader", () -> incoming.source().read(one)).await();
            BlockedThread blocked =
                    BlockedThread.start(
                            ThreadKind.PLATFORM,
                            () -> ZeroCopy.transferFrom(file, incoming.source(), 0, sent.length));
            incoming.send(sent);
            assertEquals(sent.length, blocked.awaitOutcome().returned());
            BlockedThread copying =
                    BlockedThread.start(
                            ThreadKind.PLATFORM,
                            () -> ZeroCopy.copy(incoming.source(), file, sent.length));
            incoming.send(sent);
            assertEquals(sent.length, copying.awaitOutcome().returned());
        }
        assertArrayEquals(sent, Files.readAllBytes(path));
    }

    /** For the JDK every position but 0 is past the end of a file that says that its size is 0. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void fileWithoutASizeIsReadFromAnyPosition(Kind kind) throws Exception {
        Path version = Path.of("/proc/version");
        byte[] content = Files.readAllBytes(version);
        byte[] expected = Arrays.copyOfRange(content, 5, content.length);
        try (FileChannel source = FileChannel.open(version);
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.collecting(connection.peer())) {
            assertEquals(
                    expected.length,
                    ZeroCopy.transferTo(source, 5, Long.MAX_VALUE, connection.target()));
            connection.target().close();
            assertArrayEquals(expected, receiver.awaitBytes());
        }
    }

    @Test
    void fileWithoutASizeIsCopiedFromAnyPosition() throws Exception {
        Path version = Path.of("/proc/version");
        byte[] content = Files.readAllBytes(version);
        Path copy = Files.createFile(folder.resolve("copy"));
        try (FileChannel source = FileChannel.open(version);
                FileChannel target = FileChannel.open(copy, StandardOpenOption.WRITE)) {
            assertEquals(content.length - 5, ZeroCopy.transferTo(source, 5, 1 << 20, target));
        }
        assertArrayEquals(Arrays.copyOfRange(content, 5, content.length), Files.readAllBytes(copy));
    }
}
