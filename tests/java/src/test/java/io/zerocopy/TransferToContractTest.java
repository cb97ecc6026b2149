package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Parts of the contract that a comparison with the JDK call by call can't show: what a call leaves
 * behind, content that changes, and targets whose pieces differ from the JDK's.
 */
@ExtendWith(LeakCounter.class)
class TransferToContractTest {
    private static final int SIZE = 1 << 20;

    @TempDir private static Path folder;

    /** On JDK 17 one target opened for appending makes all later transfers of the JVM slow. */
    @Test
    void copiesInTheKernelAgainAfterATargetOpenedForAppending() throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, SIZE);
        Path appended = Files.write(folder.resolve("appended"), new byte[10]);
        Path written = folder.resolve("written");
        Files.write(written, new byte[0]);
        try (FileChannel source = file.open();
                FileChannel append = FileChannel.open(appended, APPEND);
                FileChannel target = FileChannel.open(written, WRITE, READ)) {
            assertEquals(SIZE, ZeroCopy.transferTo(source, 0, SIZE, append));
            assertEquals(10 + SIZE, append.position());
            assertEquals(10 + SIZE, append.size());

            long before = ZeroCopy.statistics().bytes(Mechanism.COPY_FILE_RANGE);
            assertEquals(SIZE, ZeroCopy.transferTo(source, 0, SIZE, target));
            long after = ZeroCopy.statistics().bytes(Mechanism.COPY_FILE_RANGE);
            assertEquals(before + SIZE, after);
        }
        byte[] content = Files.readAllBytes(appended);
        assertArrayEquals(new byte[10], Arrays.copyOf(content, 10));
        file.check(0, ByteBuffer.wrap(content, 10, SIZE));
        file.check(0, ByteBuffer.wrap(Files.readAllBytes(written)));
    }

    @Test
    void countsWhatItMovedAndHow() throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, SIZE);
        try (FileChannel source = file.open();
                Connection connection = Connection.tcp();
                Receiver receiver = Receiver.checking(connection.peer(), file, 0)) {
            Statistics before = ZeroCopy.statistics();
            assertEquals(SIZE, ZeroCopy.transferTo(source, 0, SIZE, connection.target()));
            Statistics after = ZeroCopy.statistics();
            connection.target().close();
            assertEquals(SIZE, receiver.awaitEnd());
            assertEquals(before.bytes(Mechanism.SENDFILE) + SIZE, after.bytes(Mechanism.SENDFILE));
            assertEquals(
                    before.transfers(Mechanism.SENDFILE) + 1, after.transfers(Mechanism.SENDFILE));
            assertEquals(before.bytes(Mechanism.COPY), after.bytes(Mechanism.COPY));
        }
    }

    /** The kernel says that its size is 0. What is in it changes while it is read. */
    @ParameterizedTest
    @EnumSource(Connection.Kind.class)
    void sendsAllOfAFileWithoutASize(Connection.Kind kind) throws Exception {
        try (FileChannel source = FileChannel.open(Path.of("/proc/self/maps"));
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.collecting(connection.peer())) {
            long moved = ZeroCopy.transferTo(source, 0, Long.MAX_VALUE, connection.target());
            connection.target().close();
            byte[] bytes = receiver.awaitBytes();
            assertEquals(moved, bytes.length);
            String text = new String(bytes, StandardCharsets.UTF_8);
            assertTrue(text.contains("[stack]") && text.endsWith("\n"), text);
            for (String line : text.split("\n")) {
                assertTrue(line.matches("[0-9a-f]+-[0-9a-f]+ .*"), line);
            }
        }
    }

    @Test
    void copiesAllOfAFileWithoutASizeIntoAFile() throws Exception {
        Path version = Path.of("/proc/version");
        Path copy = Files.createFile(folder.resolve("version"));
        try (FileChannel source = FileChannel.open(version);
                FileChannel target = FileChannel.open(copy, WRITE)) {
            long moved = ZeroCopy.transferTo(source, 0, Long.MAX_VALUE, target);
            assertEquals(moved, target.position());
        }
        assertEquals(Files.readString(version), Files.readString(copy));
    }

    @Test
    void saysWhyAFileCantBeRead() throws Exception {
        try (FileChannel source = FileChannel.open(Path.of("/proc/self/mem"));
                Connection connection = Connection.tcp()) {
            IOException thrown =
                    assertThrows(
                            IOException.class,
                            () -> ZeroCopy.transferTo(source, 0, 5, connection.target()));
            assertEquals("Input/output error", thrown.getMessage());
        }
    }

    @Test
    void returnsWhatACustomChannelTookBeforeItFailed() throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, SIZE);
        int taken = 300_000;
        Limited target = new Limited(1000 + SIZE, taken);
        try (FileChannel source = file.open()) {
            assertEquals(taken, transferAll(source, target));
            file.check(0, ByteBuffer.wrap(target.bytes.toByteArray()));
        }
    }

    /** A channel may write less than it is asked to: the call ends there, and the next goes on. */
    @Test
    void returnsWhatACustomChannelTookAtOnce() throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, SIZE);
        Limited target = new Limited(7777, Integer.MAX_VALUE);
        try (FileChannel source = file.open()) {
            assertEquals(7777, ZeroCopy.transferTo(source, 0, SIZE, target));
            assertEquals(SIZE - 7777, transferAll(source, target));
            file.check(0, ByteBuffer.wrap(target.bytes.toByteArray()));
        }
    }

    /**
     * The buffer that a custom channel gets is one of a pool: it must not see more than its part.
     */
    @Test
    void showsACustomChannelItsBytesOnly() throws Exception {
        PatternFile file = PatternFile.dense(folder, 1, 5000);
        WritableByteChannel target =
                new Limited(SIZE, SIZE) {
                    @Override
                    public int write(ByteBuffer from) throws IOException {
                        assertEquals(0, from.position());
                        assertEquals(from.limit(), from.capacity());
                        return super.write(from);
                    }
                };
        try (FileChannel source = file.open()) {
            assertEquals(100, ZeroCopy.transferTo(source, 0, 100, target));
            assertEquals(5000, ZeroCopy.transferTo(source, 0, SIZE, target));
        }
    }

    /** Repeats the call, as users do, until it ends or the channel fails. */
    private static long transferAll(FileChannel source, Limited target) throws IOException {
        long begin = target.bytes.size();
        long moved = 0;
        while (begin + moved < SIZE) {
            try {
                moved += ZeroCopy.transferTo(source, begin + moved, SIZE, target);
            } catch (IOException e) {
                assertEquals("full", e.getMessage());
                break;
            }
        }
        return moved;
    }

    /** Takes at most some bytes a call, and fails when it has got some bytes in all. */
    private static class Limited implements WritableByteChannel {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final int callBytesMax;
        private final int bytesMax;

        Limited(int callBytesMax, int bytesMax) {
            this.callBytesMax = callBytesMax;
            this.bytesMax = bytesMax;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            int left = bytesMax - bytes.size();
            if (left == 0) {
                throw new IOException("full");
            }
            byte[] piece = new byte[Math.min(from.remaining(), Math.min(callBytesMax, left))];
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
