package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * {@code copy} delivers every byte once and in order between every pair of channels, on every kind
 * of thread: a pattern is sent in at one end, and what comes out at the other is compared.
 */
@ExtendWith(LeakCounter.class)
class CopyTest {
    private static final int SIZE = (3 << 20) + 123;
    private static final long SEED = 21;

    /** So many that two threads which lock in different orders would meet. */
    private static final int COPIES = 20_000;

    @TempDir private static Path folder;

    static Stream<Arguments> pairs() {
        Stream.Builder<Arguments> pairs = Stream.builder();
        for (Kind source : Kind.values()) {
            for (Kind target : Kind.values()) {
                for (ThreadKind thread : Jvm.threadKinds()) {
                    pairs.add(Arguments.of(source, target, thread));
                }
            }
        }
        return pairs.build();
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void deliversEverythingBetweenStreams(Kind from, Kind to, ThreadKind thread) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        for (long count : new long[] {Long.MAX_VALUE, SIZE, 1_234_567}) {
            try (Incoming incoming = Incoming.open(from).sendAndEnd(sent);
                    Connection outgoing = Connection.open(to);
                    Receiver receiver = Receiver.collecting(outgoing.peer())) {
                Jvm.Task<Long> copy =
                        Jvm.run(
                                thread,
                                "copy",
                                () -> ZeroCopy.copy(incoming.source(), outgoing.target(), count));
                int expected = (int) Math.min(count, SIZE);
                assertEquals(expected, copy.await());
                outgoing.target().close();
                byte[] received = receiver.awaitBytes();
                assertEquals(expected, received.length);
                assertEquals(0, Arrays.compare(sent, 0, expected, received, 0, expected));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void readsAFileFromItsPosition(Kind to, ThreadKind thread) throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, SIZE);
        try (FileChannel source = file.open();
                Connection outgoing = Connection.open(to);
                Receiver receiver = Receiver.checking(outgoing.peer(), file, 1000)) {
            source.position(1000);
            Jvm.Task<Long> copy =
                    Jvm.run(thread, "copy", () -> ZeroCopy.copy(source, outgoing.target()));
            assertEquals(SIZE - 1000, copy.await());
            assertEquals(SIZE, source.position());
            outgoing.target().close();
            assertEquals(SIZE - 1000, receiver.awaitEnd());
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void writesAFileAtItsPosition(Kind from, ThreadKind thread) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        Path path = Files.write(Files.createTempFile(folder, "target", null), new byte[5000]);
        try (FileChannel target = FileChannel.open(path, WRITE);
                Incoming incoming = Incoming.open(from).sendAndEnd(sent)) {
            target.position(1000);
            Jvm.Task<Long> copy =
                    Jvm.run(thread, "copy", () -> ZeroCopy.copy(incoming.source(), target));
            assertEquals(SIZE, copy.await());
            assertEquals(1000 + SIZE, target.position());
        }
        byte[] content = Files.readAllBytes(path);
        assertEquals(1000 + SIZE, content.length);
        assertEquals(0, Arrays.compare(sent, 0, SIZE, content, 1000, content.length));
    }

    @Test
    void copiesAFileToAFileAndAppends() throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, SIZE);
        Path path = Files.write(folder.resolve("appended"), new byte[10]);
        try (FileChannel source = file.open();
                FileChannel target = FileChannel.open(path, APPEND)) {
            assertEquals(SIZE, ZeroCopy.copy(source, target));
            assertEquals(0, ZeroCopy.copy(source, target));
        }
        byte[] content = Files.readAllBytes(path);
        assertEquals(10 + SIZE, content.length);
        file.check(0, ByteBuffer.wrap(content, 10, SIZE));
    }

    @Test
    void copiesBetweenChannelsThatAreNotTheJdks() throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        ReadableByteChannel source = Channels.newChannel(new ByteArrayInputStream(sent));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        WritableByteChannel target = Channels.newChannel(bytes);
        assertEquals(1000, ZeroCopy.copy(source, target, 1000));
        assertEquals(SIZE - 1000, ZeroCopy.copy(source, target));
        assertEquals(0, ZeroCopy.copy(source, target));
        assertEquals(-1, Arrays.mismatch(sent, bytes.toByteArray()));
    }

    /** Both directions of a proxy between the same two sockets: no lock may be waited for twice. */
    @ParameterizedTest
    @MethodSource("threads")
    void runsInBothDirectionsBetweenTheSameTwoSockets(ThreadKind thread) throws Exception {
        byte[] there = PatternFile.bytes(SEED, 0, SIZE);
        byte[] back = PatternFile.bytes(SEED + 1, 0, SIZE);
        try (Connection client = Connection.tcp();
                Connection backend = Connection.tcp();
                Receiver atBackend = Receiver.collecting(backend.peer());
                Receiver atClient = Receiver.collecting(client.socket())) {
            SocketChannel left = (SocketChannel) client.peer();
            SocketChannel right = backend.socket();
            Jvm.Task<Long> forth =
                    Jvm.run(
                            thread,
                            "forth",
                            () -> {
                                long count = ZeroCopy.copy(left, right);
                                right.shutdownOutput();
                                return count;
                            });
            Jvm.Task<Long> reverse =
                    Jvm.run(
                            thread,
                            "reverse",
                            () -> {
                                long count = ZeroCopy.copy(right, left);
                                left.shutdownOutput();
                                return count;
                            });
            Jvm.Task<Void> sending = sendAll((SocketChannel) backend.peer(), back);
            sendAll(client.socket(), there).await();
            sending.await();
            assertEquals(SIZE, forth.await());
            assertEquals(SIZE, reverse.await());
            assertEquals(-1, Arrays.mismatch(there, atBackend.awaitBytes()));
            assertEquals(-1, Arrays.mismatch(back, atClient.awaitBytes()));
        }
    }

    /** Copies between two files in opposite directions: each holds the positions of both. */
    @Test
    void runsInBothDirectionsBetweenTheSameTwoFiles() throws Exception {
        PatternFile file = PatternFile.dense(folder, SEED, SIZE);
        Path one = Files.copy(file.path(), folder.resolve("one"));
        Path other = Files.copy(file.path(), folder.resolve("other"));
        try (FileChannel first = FileChannel.open(one, WRITE, READ);
                FileChannel second = FileChannel.open(other, WRITE, READ)) {
            Jvm.Task<Void> forth = copyByteByByte(first, second);
            Jvm.Task<Void> reverse = copyByteByByte(second, first);
            forth.await();
            reverse.await();
            assertEquals(2 * COPIES, first.position());
            assertEquals(2 * COPIES, second.position());
        }
    }

    private static Jvm.Task<Void> copyByteByByte(FileChannel from, FileChannel to) {
        return Jvm.run(
                ThreadKind.PLATFORM,
                "copies",
                () -> {
                    for (int copy = 0; copy < COPIES; copy++) {
                        assertEquals(1, ZeroCopy.copy(from, to, 1));
                    }
                    return null;
                });
    }

    static Stream<ThreadKind> threads() {
        return Jvm.threadKinds().stream();
    }

    private static Jvm.Task<Void> sendAll(SocketChannel socket, byte[] bytes) {
        return Jvm.run(
                ThreadKind.PLATFORM,
                "sender",
                () -> {
                    ByteBuffer left = ByteBuffer.wrap(bytes);
                    while (left.hasRemaining()) {
                        socket.write(left);
                    }
                    socket.shutdownOutput();
                    return null;
                });
    }

    /**
     * A thread may close a socket after it was seen to be open. Here the other end does, when it is
     * asked whether it is open itself.
     */
    @Test
    void socketClosedMeanwhileIsNotTakenForOneNeverConnected() throws Exception {
        try (Connection copied = Connection.tcp();
                Connection transferred = Connection.tcp()) {
            ReadableByteChannel source = copied.peer();
            assertThrows(
                    ClosedChannelException.class,
                    () -> ZeroCopy.copy(source, closesWhenAsked(source)));
            ReadableByteChannel other = transferred.peer();
            try (Transfer transfer = Transfer.from(other).to(closesWhenAsked(other)).build()) {
                assertThrows(ClosedChannelException.class, transfer::run);
            }
        }
    }

    private static WritableByteChannel closesWhenAsked(Channel closed) {
        return new WritableByteChannel() {
            @Override
            public boolean isOpen() {
                try {
                    closed.close();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                return true;
            }

            @Override
            public int write(ByteBuffer bytes) {
                throw new AssertionError("there is nothing to write");
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void refusesWhatItCanNotCopy() throws Exception {
        try (Connection one = Connection.tcp();
                Connection two = Connection.tcp();
                SocketChannel unconnected = SocketChannel.open();
                FileChannel read = PatternFile.dense(folder, SEED, 10).open();
                FileChannel write =
                        FileChannel.open(Files.createFile(folder.resolve("w")), WRITE)) {
            SocketChannel source = (SocketChannel) one.peer();
            SocketChannel target = two.socket();
            assertThrows(NullPointerException.class, () -> ZeroCopy.copy(null, target));
            assertThrows(NullPointerException.class, () -> ZeroCopy.copy(source, null));
            assertThrows(IllegalArgumentException.class, () -> ZeroCopy.copy(source, target, -1));
            assertThrows(IllegalArgumentException.class, () -> ZeroCopy.copy(source, source));
            assertThrows(NonReadableChannelException.class, () -> ZeroCopy.copy(write, target));
            assertThrows(NonWritableChannelException.class, () -> ZeroCopy.copy(source, read));
            assertThrows(NotYetConnectedException.class, () -> ZeroCopy.copy(unconnected, target));
            assertThrows(NotYetConnectedException.class, () -> ZeroCopy.copy(source, unconnected));
            source.configureBlocking(false);
            assertThrows(IllegalBlockingModeException.class, () -> ZeroCopy.copy(source, target));
            assertThrows(IllegalBlockingModeException.class, () -> ZeroCopy.copy(target, source));
            source.close();
            assertThrows(ClosedChannelException.class, () -> ZeroCopy.copy(source, target));
            assertEquals(0, ZeroCopy.copy(read, target, 0));
        }
    }
}
