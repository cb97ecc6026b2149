package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.BlockedThread.Outcome;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Feeder;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.stream.Stream;

/**
 * A socket may be both ends of a transfer, because its two directions are two streams: an echo. The
 * guard of the channel is then taken twice by one thread; waiting, a close and an interrupt have to
 * work as with two channels. In non-blocking mode the server of the examples does the same.
 */
@ExtendWith(LeakCounter.class)
class EchoTest {
    private static final byte[] SENT = PatternFile.bytes(6, 0, 3_000_001);

    static Stream<Arguments> all() {
        return EngineKind.with(List.of(Kind.TCP, Kind.UNIX), Jvm.threadKinds());
    }

    @ParameterizedTest
    @MethodSource("all")
    void whatComesInGoesOut(EngineKind engine, Kind kind, ThreadKind thread) throws Exception {
        try (Connection connection = Connection.open(kind);
                Transfer echo = echo(engine, connection)) {
            SocketChannel client = (SocketChannel) connection.peer();
            Jvm.Task<Long> echoing = Jvm.run(thread, "echo", () -> echo.run().delivered());
            try (Receiver receiver = Receiver.collecting(client);
                    Feeder feeder =
                            Feeder.sending(client, ByteBuffer.wrap(SENT), ThreadKind.PLATFORM)) {
                feeder.awaitEnd();
                client.shutdownOutput();
                assertEquals(SENT.length, echoing.await());
                connection.target().close();
                assertArrayEquals(SENT, receiver.awaitBytes());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void closeAndInterruptWakeIt(EngineKind engine, Kind kind, ThreadKind thread) throws Exception {
        for (boolean isInterrupt : new boolean[] {false, true}) {
            try (Connection connection = Connection.open(kind);
                    Transfer echo = echo(engine, connection)) {
                BlockedThread blocked = BlockedThread.start(thread, () -> echo.run().delivered());
                if (isInterrupt) {
                    blocked.interrupt();
                } else {
                    Jvm.closeInTime(connection.target());
                }
                assertWoken(blocked.awaitOutcome(), isInterrupt);
                assertFalse(connection.target().isOpen());
            }
        }
    }

    private static void assertWoken(Outcome outcome, boolean isInterrupt) {
        Throwable thrown = outcome.thrown();
        assertInstanceOf(TransferException.class, thrown, outcome::toString);
        Class<? extends IOException> expected =
                isInterrupt ? ClosedByInterruptException.class : AsynchronousCloseException.class;
        assertSame(expected, thrown.getCause().getClass());
        assertEquals(isInterrupt, outcome.isInterrupted());
    }

    private static Transfer echo(EngineKind engine, Connection connection) {
        SocketChannel socket = connection.socket();
        return Transfer.from(engine.source(socket)).to(socket).build();
    }
}
