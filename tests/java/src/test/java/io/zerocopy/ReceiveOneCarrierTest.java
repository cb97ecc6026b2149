package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.OneCarrier;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.Test;

import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * A virtual thread that waits in {@code transferFrom} or {@code copy} must leave its carrier to
 * others, whichever end it waits for. Shown in a JVM that has a single carrier: if it were pinned,
 * no other virtual thread could run.
 */
class ReceiveOneCarrierTest {
    @Test
    void virtualThreadsDoNotPinTheirCarrier() throws Exception {
        OneCarrier.run(Main.class);
    }

    /** What the other JVM does. Everything it has to say goes to the output, as a failure. */
    static final class Main {
        private static final int SIZE = 16 << 20;

        private Main() {}

        public static void main(String[] arguments) throws Exception {
            assertTrue(ZeroCopy.isAvailable(), "the native core is loaded");
            Path path = Files.createTempFile("carrier", null);
            try {
                for (Kind kind : Kind.values()) {
                    toAFile(kind, path);
                    toAFileAtItsPosition(kind, path);
                    for (Kind target : Kind.values()) {
                        waitingForTheSource(kind, target);
                        waitingForTheTarget(kind, target);
                        bothAtOnce(kind, target);
                    }
                }
            } finally {
                Files.delete(path);
            }
        }

        private static void toAFile(Kind kind, Path path) throws Exception {
            try (Incoming incoming = Incoming.open(kind).send(new byte[100]);
                    FileChannel file = FileChannel.open(path, WRITE)) {
                Callable<Long> call = () -> ZeroCopy.transferFrom(file, incoming.source(), 0, SIZE);
                BlockedThread blocked = OneCarrier.block(call);
                Jvm.closeInTime(file);
                assertEquals(100, blocked.awaitOutcome().returned());
            }
        }

        /** The position of a file is a monitor, with which a virtual thread must not park. */
        private static void toAFileAtItsPosition(Kind kind, Path path) throws Exception {
            try (Incoming incoming = Incoming.open(kind).send(new byte[100]);
                    FileChannel file = FileChannel.open(path, WRITE)) {
                BlockedThread blocked =
                        OneCarrier.block(() -> ZeroCopy.copy(incoming.source(), file));
                assertEquals(100, file.position());
                incoming.end();
                assertEquals(100, blocked.awaitOutcome().returned());
            }
        }

        private static void waitingForTheSource(Kind from, Kind to) throws Exception {
            try (Incoming incoming = Incoming.open(from);
                    Connection outgoing = Connection.open(to)) {
                interrupted(incoming, outgoing);
            }
        }

        private static void waitingForTheTarget(Kind from, Kind to) throws Exception {
            byte[] sent = PatternFile.bytes(1, 0, SIZE);
            try (Incoming incoming = Incoming.open(from).sendAndEnd(sent);
                    Connection outgoing = Connection.open(to)) {
                interrupted(incoming, outgoing);
            }
        }

        private static void interrupted(Incoming incoming, Connection outgoing) {
            BlockedThread blocked =
                    OneCarrier.block(() -> ZeroCopy.copy(incoming.source(), outgoing.target()));
            blocked.interrupt();
            blocked.awaitOutcome().assertClosedByInterrupt(incoming.source(), outgoing.target());
        }

        /** Two copies share the carrier, one of which hardly ever has to wait. */
        private static void bothAtOnce(Kind from, Kind to) throws Exception {
            byte[] sent = PatternFile.bytes(1, 0, SIZE);
            try (Incoming incoming = Incoming.open(from).sendAndEnd(sent);
                    Connection outgoing = Connection.open(to);
                    Incoming idle = Incoming.open(from);
                    Connection unused = Connection.open(to);
                    Receiver receiver = Receiver.collecting(outgoing.peer())) {
                BlockedThread waiting =
                        OneCarrier.block(() -> ZeroCopy.copy(idle.source(), unused.target()));
                Jvm.Task<Long> copy =
                        Jvm.run(
                                ThreadKind.VIRTUAL,
                                "copy",
                                () -> ZeroCopy.copy(incoming.source(), outgoing.target()));
                assertEquals(SIZE, copy.await());
                outgoing.target().close();
                assertEquals(SIZE, receiver.awaitEnd());
                idle.end();
                assertEquals(0, waiting.awaitOutcome(Await.LONG).returned());
            }
        }
    }
}
