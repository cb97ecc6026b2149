package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Incoming;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;
import io.zerocopy.internal.channel.EngineRequest;
import io.zerocopy.internal.channel.Engines;
import io.zerocopy.internal.core.PumpOptions;
import io.zerocopy.internal.transfer.Engine;
import io.zerocopy.internal.transfer.LimitExceededException;
import io.zerocopy.internal.transfer.Limits;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the engine adds to the drop-ins: it can be stopped by limits and gone on with, on ends of
 * any mode, and between two runs it keeps what it has taken.
 */
@ExtendWith(LeakCounter.class)
class NativeEngineTest {
    private static final long SEED = 51;

    /** More than any of the connections takes without a reader. */
    private static final int SIZE = 16 << 20;

    private static final byte[] HEADER = {1, 2, 3};
    private static final byte[] TRAILER = {4, 5};

    @TempDir private static Path folder;
    private static PatternFile file;

    @BeforeAll
    static void makeFile() throws IOException {
        assumeTrue(ZeroCopy.isAvailable(), "there is no native core");
        file = PatternFile.dense(folder, SEED, SIZE);
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void aDeadlineEndsARunThatWaitsForItsSource(Kind kind, ThreadKind thread) throws Exception {
        try (Incoming incoming = Incoming.open(kind);
                FileChannel target = FileChannel.open(newFile(), WRITE);
                Engine engine = engine(incoming.source(), target, Long.MAX_VALUE)) {
            assertLimitEnds(engine, thread, deadline(200));
            incoming.send(new byte[100]).end();
            assertEquals(End.SOURCE_ENDED, engine.run(Limits.NONE));
            assertEquals(100, engine.account().delivered());
        }
    }

    /** Then the same engine goes on, and every byte arrives once. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void aDeadlineEndsARunThatWaitsForItsTarget(Kind kind, ThreadKind thread) throws Exception {
        try (FileChannel source = file.open();
                Connection outgoing = Connection.open(kind);
                Engine engine = engine(source, outgoing.target(), SIZE)) {
            assertLimitEnds(engine, thread, deadline(300));
            assertTrue(engine.account().delivered() > 0);
            try (Receiver receiver = Receiver.checking(outgoing.peer(), file, 0)) {
                assertEquals(End.COMPLETE, engine.run(Limits.NONE));
                outgoing.target().close();
                assertEquals(SIZE, receiver.awaitEnd());
                assertEquals(SIZE, source.position());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void idleTimeEndsARun(Kind kind, ThreadKind thread) throws Exception {
        Limits idle =
                new Limits(
                        Limits.NO_DEADLINE,
                        TimeUnit.MILLISECONDS.toNanos(200),
                        () -> false,
                        () -> {});
        try (FileChannel source = file.open();
                Connection outgoing = Connection.open(kind);
                Engine engine = engine(source, outgoing.target(), SIZE)) {
            assertLimitEnds(engine, thread, () -> idle);
        }
    }

    /** From stream to stream what was taken stays with the engine, and goes out first. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void cancelKeepsWhatWasTaken(Kind kind, ThreadKind thread) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        AtomicBoolean isCancelled = new AtomicBoolean();
        Limits limits = new Limits(Limits.NO_DEADLINE, Limits.NO_LIMIT, isCancelled::get, () -> {});
        try (Incoming incoming = Incoming.open(Kind.TCP).sendAndEnd(sent);
                Connection outgoing = Connection.open(kind);
                Engine engine = engine(incoming.source(), outgoing.target(), Long.MAX_VALUE)) {
            Jvm.Task<End> run = Jvm.run(thread, "run", () -> engine.run(limits));
            Await.until("something is delivered", () -> engine.account().delivered() > 0);
            isCancelled.set(true);
            assertEquals(End.CANCELLED, run.awaitInTime());
            try (Receiver receiver = Receiver.checking(outgoing.peer(), file, 0)) {
                assertEquals(End.SOURCE_ENDED, engine.run(Limits.NONE));
                outgoing.target().close();
                assertEquals(SIZE, receiver.awaitEnd());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatWasTakenCanBeDrained(Kind kind) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        try (Incoming incoming = Incoming.open(Kind.TCP).sendAndEnd(sent);
                Connection outgoing = Connection.open(kind);
                Engine engine = engine(incoming.source(), outgoing.target(), Long.MAX_VALUE)) {
            assertThrows(LimitExceededException.class, () -> engine.run(deadline(300).limits()));
            int delivered = (int) engine.account().delivered();
            int taken = (int) engine.account().consumed() - delivered;
            ByteBuffer heap = ByteBuffer.allocate(taken / 2);
            ByteBuffer direct = ByteBuffer.allocateDirect(SIZE);
            assertEquals(heap.capacity(), engine.drainUndelivered(heap));
            assertEquals(taken - heap.capacity(), engine.drainUndelivered(direct));
            assertEquals(0, engine.drainUndelivered(direct));
            direct.flip();
            heap.flip();
            int half = delivered + heap.remaining();
            assertEquals(-1, heap.mismatch(slice(sent, delivered, heap.remaining())));
            assertEquals(-1, direct.mismatch(slice(sent, half, direct.remaining())));
        }
    }

    /** A run between non-blocking ends comes back at once, and says what to wait for. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aRunBetweenNonBlockingEndsNeverWaits(Kind kind) throws Exception {
        byte[] sent = PatternFile.bytes(SEED, 0, SIZE);
        try (Incoming incoming = Incoming.open(kind);
                Connection outgoing = Connection.open(kind);
                Engine engine = engine(incoming.source(), outgoing.target(), SIZE)) {
            incoming.configureBlocking(false);
            outgoing.configureBlocking(false);
            assertEquals(End.WAIT_SOURCE, engine.run(Limits.NONE));
            incoming.sendAndEnd(sent);
            Await.until("the target is full", () -> engine.run(Limits.NONE) == End.WAIT_TARGET);
            try (Receiver receiver = Receiver.checking(outgoing.peer(), file, 0)) {
                Await.until("all is moved", () -> engine.run(Limits.NONE) == End.COMPLETE);
                outgoing.target().close();
                assertEquals(SIZE, receiver.awaitEnd());
            }
        }
    }

    /** The end in blocking mode is waited for, the other one is not. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aRunWithOneNonBlockingEndComesBackForIt(Kind kind) throws Exception {
        try (Incoming incoming = Incoming.open(kind);
                Connection outgoing = Connection.open(kind);
                Engine engine = engine(incoming.source(), outgoing.target(), 50)) {
            incoming.configureBlocking(false);
            assertEquals(End.WAIT_SOURCE, engine.run(Limits.NONE));
            incoming.configureBlocking(true);
            outgoing.configureBlocking(false);
            Jvm.Task<End> run = Jvm.run(ThreadKind.PLATFORM, "run", () -> engine.run(Limits.NONE));
            incoming.send(new byte[50]);
            assertEquals(End.COMPLETE, run.awaitInTime());
        }
    }

    /** Its lock is held while the other end is waited for, and its close waits for that. */
    @Test
    void closeOfTheNonBlockingEndEndsARunThatWaitsForTheOther() throws Exception {
        try (Incoming incoming = Incoming.open(Kind.TCP);
                Connection outgoing = Connection.open(Kind.TCP);
                Engine engine = engine(incoming.source(), outgoing.target(), 50)) {
            outgoing.configureBlocking(false);
            BlockedThread run =
                    BlockedThread.start(
                            ThreadKind.PLATFORM, () -> (long) engine.run(Limits.NONE).ordinal());
            Jvm.closeInTime(outgoing.target());
            run.awaitOutcome().assertThrew(AsynchronousCloseException.class);
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aHeaderAndATrailerGoAround(Kind kind) throws Exception {
        PumpOptions options =
                new PumpOptions(-1, false, PumpOptions.DIRECT_IO_AUTO, -1, -1, HEADER, TRAILER);
        try (FileChannel source = file.open();
                Connection outgoing = Connection.open(kind);
                Receiver receiver = Receiver.collecting(outgoing.peer());
                Engine engine =
                        Engines.nativeFor(
                                new EngineRequest(
                                        source,
                                        5000,
                                        outgoing.target(),
                                        EngineRequest.OWN_POSITION,
                                        200_000,
                                        options))) {
            assertEquals(End.COMPLETE, engine.run(Limits.NONE));
            assertEquals(200_000, engine.account().delivered());
            outgoing.target().close();
            byte[] received = receiver.awaitBytes();
            assertEquals(200_005, received.length);
            assertEquals(0, Arrays.compare(HEADER, 0, 3, received, 0, 3));
            file.check(5000, ByteBuffer.wrap(received, 3, 200_000));
            assertEquals(0, Arrays.compare(TRAILER, 0, 2, received, 200_003, 200_005));
            assertEquals(0, source.position());
        }
    }

    /** A limit on the pace is kept, and a pause is not slept through a close. */
    @ParameterizedTest
    @MethodSource("threads")
    void aPauseIsWokenByAClose(ThreadKind thread) throws Exception {
        PumpOptions options =
                new PumpOptions(-1, false, PumpOptions.DIRECT_IO_NEVER, -1, 8000, null, null);
        try (FileChannel source = file.open();
                Connection outgoing = Connection.open(Kind.TCP);
                Engine engine =
                        Engines.nativeFor(
                                new EngineRequest(
                                        source, 0, outgoing.target(), -1, SIZE, options))) {
            Jvm.Task<End> run = Jvm.run(thread, "run", () -> engine.run(Limits.NONE));
            Await.until("something is delivered", () -> engine.account().delivered() > 0);
            Jvm.closeInTime(source);
            assertTrue(run.awaitFailure() instanceof IOException);
            assertTrue(engine.account().delivered() < SIZE);
        }
    }

    static Iterable<ThreadKind> threads() {
        return Jvm.threadKinds();
    }

    @Test
    void saysWhyItDoesNotServe() throws Exception {
        try (FileChannel device = FileChannel.open(Path.of("/dev/zero"));
                FileChannel target = FileChannel.open(newFile(), WRITE)) {
            EngineRequest request =
                    new EngineRequest(device, -1, target, 0, 5, PumpOptions.DEFAULT);
            assertNull(Engines.nativeFor(request));
            assertNotNull(Engines.whyNotNative(request));
        }
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel target = pipe.sink()) {
            EngineRequest request =
                    new EngineRequest(source, -1, target, -1, 5, PumpOptions.DEFAULT);
            assertNull(Engines.whyNotNative(request));
        }
    }

    @Test
    void aClosedEngineSaysSo() throws Exception {
        try (Incoming incoming = Incoming.open(Kind.TCP);
                FileChannel target = FileChannel.open(newFile(), WRITE)) {
            Engine engine = engine(incoming.source(), target, 10);
            engine.close();
            engine.close();
            assertThrows(IllegalStateException.class, () -> engine.run(Limits.NONE));
            assertEquals(0, engine.drainUndelivered(ByteBuffer.allocate(5)));
            assertTrue(incoming.source().isOpen() && target.isOpen());
        }
    }

    private static Engine engine(ReadableByteChannel source, WritableByteChannel target, long count)
            throws IOException {
        return Engines.nativeFor(
                new EngineRequest(
                        source,
                        EngineRequest.OWN_POSITION,
                        target,
                        EngineRequest.OWN_POSITION,
                        count,
                        PumpOptions.DEFAULT));
    }

    private static void assertLimitEnds(Engine engine, ThreadKind thread, Bound bound) {
        Jvm.Task<End> run = Jvm.run(thread, "run", () -> engine.run(bound.limits()));
        Throwable thrown = run.awaitFailure();
        assertTrue(thrown instanceof LimitExceededException, thrown::toString);
    }

    /** Limits that begin when the run does. */
    @FunctionalInterface
    private interface Bound {
        Limits limits();
    }

    private static Bound deadline(long millis) {
        return () ->
                new Limits(
                        System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis),
                        Limits.NO_LIMIT,
                        () -> false,
                        () -> {});
    }

    private static ByteBuffer slice(byte[] bytes, int from, int count) {
        return ByteBuffer.wrap(bytes, from, count);
    }

    private static Path newFile() throws IOException {
        return Files.createTempFile(folder, "target", null);
    }
}
