package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Bytes that were taken from a source that can't be rewound, and that the target does not take, are
 * handed over: together with what was delivered and what the source still has they are everything
 * that was sent, in order.
 *
 * <p>A target refuses here at the largest offset that its file system has: the kernel answers EFBIG
 * as it does at a limit for the size of files, after it has taken the bytes before that.
 */
@ExtendWith(LeakCounter.class)
class UndeliveredTest {
    private static final long SEED = 41;
    private static final int SIZE = 300_000;
    private static final int EFBIG = 27;

    @TempDir private static Path folder;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatAFileDoesNotTakeIsInTheException(Kind kind) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        Path path = Files.createTempFile(folder, "target", null);
        try (FileChannel target = FileChannel.open(path, WRITE);
                Incoming incoming = Incoming.open(kind).sendAndEnd(sent)) {
            TransferException e =
                    assertThrows(
                            TransferException.class,
                            () ->
                                    ZeroCopy.transferFrom(
                                            target,
                                            incoming.source(),
                                            Long.MAX_VALUE - SIZE - 1,
                                            Long.MAX_VALUE));
            assertEquals(EFBIG, e.errno());
            assertEquals("File too large", e.getMessage());
            assertSame(IOException.class, e.getCause().getClass());
            assertEquals("File too large", e.getCause().getMessage());
            assertEquals(0, e.delivered());
            assertTrue(e.undelivered().hasRemaining());
            assertEquals(e.consumed(), e.undelivered().remaining());
            assertAllThere(sent, 0, e.undelivered(), incoming.source());
            assertTrue(target.isOpen() && incoming.source().isOpen());
        }
        assertEquals(0, Files.size(path));
    }

    /** The same through a buffer: the device that is always full. */
    @Test
    void whatADeviceDoesNotTakeIsInTheException() throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        try (FileChannel full = FileChannel.open(Path.of("/dev/full"), WRITE);
                Incoming incoming = Incoming.open(Kind.TCP).sendAndEnd(sent)) {
            TransferException e =
                    assertThrows(
                            TransferException.class,
                            () -> ZeroCopy.transferFrom(full, incoming.source(), 0, SIZE));
            assertEquals("No space left on device", e.getCause().getMessage());
            assertEquals(Mechanism.COPY, e.mechanism());
            assertAllThere(sent, 0, e.undelivered(), incoming.source());
        }
    }

    /** A file can be read again, so there is nothing to hand over: its position has not moved. */
    @Test
    void nothingOfAFileIsLost() throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, SIZE);
        Path path = Files.createTempFile(folder, "target", null);
        for (Path to : new Path[] {path, Path.of("/dev/full")}) {
            try (FileChannel source = file.open();
                    FileChannel target = FileChannel.open(to, WRITE)) {
                source.position(100);
                long at = to.equals(path) ? Long.MAX_VALUE - SIZE : 0;
                IOException e =
                        assertThrows(
                                IOException.class,
                                () -> ZeroCopy.transferFrom(target, source, at, SIZE));
                assertFalse(e instanceof TransferException, e::toString);
                assertEquals(100, source.position());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatAPeerThatDiedDidNotGetIsInTheException(Kind to) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, 100);
        try (Incoming incoming = Incoming.open(Kind.TCP).send(sent);
                Connection outgoing = Connection.open(to)) {
            outgoing.peer().close();
            if (to == Kind.TCP) {
                // The first bytes make the peer answer with a reset.
                outgoing.target().write(ByteBuffer.allocate(1));
                outgoing.awaitReadable();
            }
            TransferException e =
                    assertThrows(
                            TransferException.class,
                            () -> ZeroCopy.copy(incoming.source(), outgoing.target(), 100));
            assertEquals(0, e.delivered());
            assertEquals(Mechanism.SPLICE, e.mechanism());
            assertEquals("splice", e.call());
            incoming.end();
            assertAllThere(sent, 0, e.undelivered(), incoming.source());
        }
    }

    @Test
    void whatAForeignChannelDoesNotTakeIsInTheException() throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        ReadableByteChannel source = Channels.newChannel(new ByteArrayInputStream(sent));
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        TransferException e =
                assertThrows(
                        TransferException.class,
                        () -> ZeroCopy.copy(source, new Limited(taken, 1234)));
        assertEquals("full", e.getCause().getMessage());
        assertEquals(1234, e.delivered());
        assertAllThere(sent, 1234, e.undelivered(), source);
    }

    @Test
    void anExceptionIsSerializedWithoutItsBytes() throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(3);
        TransferException e =
                new TransferException("m", null, 5, "splice", Mechanism.SPLICE, 1, 4, bytes);
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(written)) {
            out.writeObject(e);
        }
        ByteArrayInputStream in = new ByteArrayInputStream(written.toByteArray());
        try (ObjectInputStream objects = new ObjectInputStream(in)) {
            TransferException read = (TransferException) objects.readObject();
            assertEquals(5, read.errno());
            assertEquals(Mechanism.SPLICE, read.mechanism());
            assertEquals(4, read.consumed());
            assertFalse(read.undelivered().hasRemaining());
        }
    }

    /** What was handed over, and then what the source still has, follow on what was delivered. */
    private static void assertAllThere(
            byte[] sent, int delivered, ByteBuffer undelivered, ReadableByteChannel source)
            throws IOException {
        ByteBuffer all = ByteBuffer.allocate(sent.length + 1);
        all.position(delivered);
        all.put(undelivered);
        // Ends: the sender closes.
        while (source.read(all) >= 0) {
            assertTrue(all.hasRemaining(), "more than was sent");
        }
        assertEquals(sent.length, all.position());
        all.flip().position(delivered);
        assertEquals(-1, all.mismatch(ByteBuffer.wrap(sent, delivered, sent.length - delivered)));
    }

    /** Takes some bytes, and then fails. */
    private static final class Limited implements java.nio.channels.WritableByteChannel {
        private final ByteArrayOutputStream taken;
        private final int bytesMax;

        Limited(ByteArrayOutputStream taken, int bytesMax) {
            this.taken = taken;
            this.bytesMax = bytesMax;
        }

        @Override
        public int write(ByteBuffer from) throws IOException {
            int count = Math.min(from.remaining(), bytesMax - taken.size());
            if (count == 0) {
                throw new IOException("full");
            }
            byte[] piece = new byte[count];
            from.get(piece);
            taken.writeBytes(piece);
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
