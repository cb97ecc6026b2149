package io.zerocopy;

import static io.zerocopy.fixture.ReceivingStage.scenario;

import static org.junit.jupiter.api.Assertions.assertThrows;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.ReceivingStage;
import io.zerocopy.fixture.Scenario;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Goal: {@code transferFrom} between channels of all classes and in all states answers as the
 * newest JDK's. Method: see {@link ComparisonTest}.
 */
class TransferFromComparisonTest extends ComparisonTest<ReceivingStage> {
    private static final String CLOSED_BY_INTERRUPT =
            "ClosedByInterrupt, interrupted | closed | closed | 10 B 6c271d0f";

    TransferFromComparisonTest() {
        super(ReceivingStage::byLibrary, ReceivingStage::byJdk);
    }

    static Stream<Scenario<ReceivingStage>> scenarios() {
        return Stream.of(
                        closedAndNull(),
                        modesAndArguments(),
                        files(),
                        streams(),
                        interrupts(),
                        foreignChannels())
                .flatMap(scenarios -> scenarios);
    }

    /** The kernel tells a reset once; reads and transfers that follow have to tell it too. */
    @Test
    void remembersAResetForTheJdk() throws Exception {
        Path path = Files.createTempFile(folder, "target", null);
        try (FileChannel target = FileChannel.open(path, WRITE);
                Incoming incoming = Incoming.open(Kind.TCP)) {
            resetBySender(incoming);
            for (int call = 0; call < 2; call++) {
                assertThrows(
                        SocketException.class,
                        () -> ZeroCopy.transferFrom(target, incoming.source(), 0, 10));
            }
            readThatFails(incoming.source());
        }
    }

    private static Stream<Scenario<ReceivingStage>> closedAndNull() {
        return Stream.of(
                scenario(
                        "closed target wins over null",
                        "ClosedChannel | null | closed | 10 B 6c271d0f",
                        stage -> stage.target().target.close()),
                scenario(
                        "null source",
                        "NullPointer | null | open 0 | 10 B 6c271d0f",
                        ReceivingStage::target),
                scenario(
                        "null source wins over arguments",
                        "NullPointer | null | open 0 | 10 B 6c271d0f",
                        s -> s.target().position(-1)),
                scenario(
                        "closed socket",
                        "ClosedChannel | closed | open 0 | 10 B 6c271d0f",
                        stage -> {
                            stage.target().from(Kind.TCP, 10);
                            stage.source.close();
                        }),
                scenario(
                        "closed source wins over a target not open for writing",
                        "ClosedChannel | closed | open 0 | 10 B 6c271d0f",
                        stage -> {
                            stage.target(READ).fromFile(10, READ);
                            stage.source.close();
                        }));
    }

    private static Stream<Scenario<ReceivingStage>> modesAndArguments() {
        return Stream.of(
                scenario(
                        "source not readable",
                        "NonReadableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target().fromFile(10, WRITE)),
                scenario(
                        "target not writable",
                        "NonWritableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target(READ).fromFile(10, READ)),
                scenario(
                        "target not writable, socket",
                        "NonWritableChannel | open | open 0 | 10 B 6c271d0f",
                        s -> s.target(READ).from(Kind.TCP, 10)),
                scenario(
                        "source not readable wins over target not writable",
                        "NonReadableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target(READ).fromFile(10, WRITE)),
                scenario(
                        "target not writable wins over arguments",
                        "NonWritableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target(READ).count(-1).fromFile(10, READ)),
                scenario(
                        "negative position",
                        "IllegalArgument | open | open 0 | 10 B 6c271d0f",
                        s -> s.target().position(-1).from(Kind.TCP, 5)),
                scenario(
                        "negative count",
                        "IllegalArgument | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target().count(-1).fromFile(5, READ)));
    }

    private static Stream<Scenario<ReceivingStage>> files() {
        return Stream.of(
                scenario(
                        "file",
                        "20000 | open 20000 | open 0 | 20000 B 6c67a233",
                        s -> s.target().fromFile(20_000, READ)),
                scenario(
                        "small file",
                        "7 | open 7 | open 0 | 10 B 6c271d0f",
                        s -> s.target().fromFile(7, READ)),
                scenario(
                        "some of a file",
                        "50 | open 50 | open 0 | 50 B b6cf883b",
                        s -> s.target().count(50).fromFile(100, READ)),
                scenario(
                        "nothing of a file",
                        "0 | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target().count(0).fromFile(100, READ)),
                scenario(
                        "file from its position",
                        "50 | open 100 | open 0 | 54 B a9f071c8",
                        s -> {
                            s.target().position(4).count(60).fromFile(100, READ);
                            ((FileChannel) s.source).position(50);
                        }),
                scenario(
                        "file at its end",
                        "0 | open 100 | open 0 | 10 B 6c271d0f",
                        s -> {
                            s.target().fromFile(100, READ);
                            ((FileChannel) s.source).position(100);
                        }),
                scenario(
                        "file past its end",
                        "0 | open 1000 | open 0 | 10 B 6c271d0f",
                        s -> {
                            s.target().fromFile(100, READ);
                            ((FileChannel) s.source).position(1000);
                        }),
                scenario(
                        "empty file",
                        "0 | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target().fromFile(0, READ)),
                scenario(
                        "past the end",
                        "20 | open 20 | open 0 | 70 B 28cf3e65",
                        s -> s.target().position(50).fromFile(20, READ)),
                scenario(
                        "past the end, nothing",
                        "0 | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target().position(50).fromFile(0, READ)),
                scenario(
                        "past the end, nothing asked for",
                        "0 | open 0 | open 0 | 10 B 6c271d0f",
                        s -> s.target().position(50).count(0).fromFile(20, READ)),
                scenario(
                        "file, appending",
                        "20000 | open 20000 | open 20010 | 20010 B c647ae05",
                        s -> s.target(APPEND).fromFile(20_000, READ)),
                scenario(
                        "target stays where it is",
                        "100 | open 100 | open 6 | 100 B 9e714d4d",
                        s -> {
                            s.target().fromFile(100, READ);
                            s.target.position(6);
                        }),
                scenario(
                        "procfs",
                        "2 | open 2 | open 0 | 10 B eea9f459",
                        s ->
                                s.target()
                                        .from(FileChannel.open(Path.of("/proc/self/comm")))
                                        .count(2)));
    }

    private static Stream<Scenario<ReceivingStage>> streams() {
        return Stream.of(
                        connections(Kind.TCP),
                        connections(Kind.UNIX),
                        connections(Kind.PIPE),
                        Stream.of(
                                scenario(
                                        "not connected",
                                        "NotYetConnected | open | open 0 | 10 B 6c271d0f",
                                        s -> s.target().from(SocketChannel.open())),
                                scenario(
                                        "not connected, nothing asked for",
                                        "0 | open | open 0 | 10 B 6c271d0f",
                                        s -> s.target().count(0).from(SocketChannel.open())),
                                scenario(
                                        "input shut down",
                                        "0 | open | open 0 | 10 B 6c271d0f",
                                        s -> {
                                            s.target().from(Kind.TCP, 10);
                                            ((SocketChannel) s.source).shutdownInput();
                                        }),
                                scenario(
                                        "reset",
                                        "Socket(Connection reset) | open | open 0 | 10 B 6c271d0f",
                                        TransferFromComparisonTest::reset),
                                scenario(
                                        "reset, as a read has found",
                                        "Socket(Connection reset) | open | open 0 | 10 B 6c271d0f",
                                        s -> {
                                            reset(s);
                                            readThatFails(s.source);
                                        })))
                .flatMap(scenarios -> scenarios);
    }

    private static Stream<Scenario<ReceivingStage>> connections(Kind kind) {
        return Stream.of(
                scenario(
                        kind + " to its end",
                        "5000 | open | open 0 | 5000 B 3e222e9",
                        s -> s.target().from(kind, 5000).end()),
                scenario(
                        kind + " at its end",
                        "0 | open | open 0 | 10 B 6c271d0f",
                        s -> s.target().from(kind, 0).end()),
                scenario(
                        kind + ", some",
                        "70 | open | open 0 | 70 B dfe3e42e",
                        s -> s.target().count(70).from(kind, 5000)),
                scenario(
                        kind + ", nothing",
                        "0 | open | open 0 | 10 B 6c271d0f",
                        s -> s.target().count(0).from(kind, 5000)),
                scenario(
                        kind + " past the end",
                        "70 | open | open 0 | 169 B 9247ac67",
                        s -> s.target().position(99).count(70).from(kind, 5000)),
                scenario(
                        kind + ", appending",
                        "70 | open | open 80 | 80 B ae26e9",
                        s -> s.target(APPEND).count(70).from(kind, 5000)),
                scenario(
                        kind + " non-blocking with bytes",
                        "3000 | open non-blocking | open 0 | 3000 B 58c07b55",
                        s -> s.target().from(kind, 3000).configureBlocking(false)),
                scenario(
                        kind + " non-blocking without bytes",
                        "0 | open non-blocking | open 0 | 10 B 6c271d0f",
                        s -> s.target().from(kind, 0).configureBlocking(false)),
                scenario(
                        kind + " non-blocking past the end without bytes",
                        "0 | open non-blocking | open 0 | 10 B 6c271d0f",
                        s -> s.target().position(50).from(kind, 0).configureBlocking(false)),
                scenario(
                        kind + " non-blocking at its end",
                        "30 | open non-blocking | open 0 | 30 B 521ebc5c",
                        s -> s.target().from(kind, 30).configureBlocking(false).end()));
    }

    private static Stream<Scenario<ReceivingStage>> interrupts() {
        return Stream.of(
                        scenario("file", CLOSED_BY_INTERRUPT, s -> s.target().fromFile(100, READ)),
                        scenario(
                                "file, nothing asked for",
                                CLOSED_BY_INTERRUPT,
                                s -> s.target().count(0).fromFile(9, READ)),
                        scenario("TCP", CLOSED_BY_INTERRUPT, s -> s.target().from(Kind.TCP, 100)),
                        scenario("UNIX", CLOSED_BY_INTERRUPT, s -> s.target().from(Kind.UNIX, 100)),
                        scenario("PIPE", CLOSED_BY_INTERRUPT, s -> s.target().from(Kind.PIPE, 100)),
                        scenario(
                                "TCP, nothing asked for",
                                "0, interrupted | open | open 0 | 10 B 6c271d0f",
                                s -> s.target().count(0).from(Kind.TCP, 10)),
                        scenario(
                                "TCP non-blocking without bytes",
                                "0, interrupted | open non-blocking | open 0 | 10 B 6c271d0f",
                                s -> s.target().from(Kind.TCP, 0).configureBlocking(false)))
                .map(Scenario::interruptedBefore);
    }

    private static Stream<Scenario<ReceivingStage>> foreignChannels() {
        return Stream.of(
                scenario(
                        "stream",
                        "5000 | open | open 0 | 5000 B d8e50ea8",
                        s -> s.target().from(stream(5000))),
                scenario(
                        "some of a stream",
                        "10 | open | open 0 | 10 B e38a6876",
                        s -> s.target().count(10).from(stream(5000))),
                scenario(
                        "empty stream",
                        "0 | open | open 0 | 10 B 6c271d0f",
                        s -> s.target().from(stream(0))),
                scenario(
                        "fails at once",
                        "IO(broken) | open | open 0 | 10 B 6c271d0f",
                        s -> s.target().from(new Failing(0))),
                scenario(
                        "fails after bytes",
                        "100 | open | open 0 | 100 B 9988c6ca",
                        s -> s.target().from(new Failing(100))));
    }

    private static ReadableByteChannel stream(int bytes) {
        return Channels.newChannel(new ByteArrayInputStream(new byte[bytes]));
    }

    private static void reset(ReceivingStage stage) throws Exception {
        resetBySender(stage.target().from(Kind.TCP, 0));
    }

    private static void resetBySender(Incoming incoming) throws IOException {
        SocketChannel peer = (SocketChannel) incoming.sending();
        peer.setOption(StandardSocketOptions.SO_LINGER, 0);
        peer.close();
        incoming.awaitReadable();
    }

    private static void readThatFails(ReadableByteChannel source) {
        try {
            source.read(ByteBuffer.allocate(1));
        } catch (IOException expected) {
            return;
        }
        throw new AssertionError("the connection was not reset");
    }

    /** Gives some bytes, and then fails. */
    private static final class Failing implements ReadableByteChannel {
        private int left;
        private boolean closed;

        Failing(int bytes) {
            left = bytes;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            if (left == 0) {
                throw new IOException("broken");
            }
            int count = Math.min(left, into.remaining());
            into.put(new byte[count]);
            left -= count;
            return count;
        }

        @Override
        public boolean isOpen() {
            return !closed;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
