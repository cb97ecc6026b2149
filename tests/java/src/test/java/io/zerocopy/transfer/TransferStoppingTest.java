package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;
import io.zerocopy.TransferTimeoutException;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Feeder;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Goal: a transfer that waits for a peer which does nothing ends when it is told to, leaves both
 * channels open, has true books, and can be gone on with.
 *
 * <p>Method: peers that never read, and sources that stay silent, of every kind and on every kind
 * of thread. Nothing here measures how soon something happens; it only must not hang.
 */
@ExtendWith(LeakCounter.class)
class TransferStoppingTest {
    /** More than any of the targets takes without a reader. */
    private static final int SIZE = 16 << 20;

    private static final Duration SHORT = Duration.ofMillis(200);
    private static final byte[] SOME = PatternFile.bytes(8, 0, 10_000);

    @TempDir private static Path folder;
    private static PatternFile file;

    /** What ends a run before its time. */
    enum Stop {
        TIMEOUT,
        IDLE,
        CANCEL;

        Transfer.Builder prepare(Transfer.Builder builder) {
            switch (this) {
                case TIMEOUT:
                    return builder.timeout(SHORT);
                case IDLE:
                    return builder.idleTimeout(SHORT);
                default:
                    return builder;
            }
        }

        /** Runs until the stop, which is a cancel once so many bytes are delivered. */
        void runTo(Transfer transfer, ThreadKind thread, long delivered) {
            Jvm.Task<TransferResult> task = Jvm.run(thread, "runner", transfer::run);
            if (this == CANCEL) {
                Await.until("it moves", () -> transfer.progress().delivered() >= delivered);
                LockSupport.parkNanos(SHORT.toNanos());
                transfer.cancel();
                assertEquals(End.CANCELLED, task.awaitInTime().end());
            } else {
                Throwable thrown = task.awaitFailure();
                assertInstanceOf(TransferTimeoutException.class, thrown);
                String limit = this == IDLE ? "nothing moved for too long" : "not end in time";
                assertTrue(thrown.getMessage().contains(limit), thrown::toString);
            }
        }
    }

    @BeforeAll
    static void makeFile() throws IOException {
        file = PatternFile.dense(folder, 7, SIZE);
    }

    static Stream<Arguments> all() {
        return EngineKind.with(List.of(Kind.values()), Jvm.threadKinds(), List.of(Stop.values()));
    }

    @ParameterizedTest
    @MethodSource("all")
    void peerThatNeverReads(EngineKind engine, Kind kind, ThreadKind thread, Stop stop)
            throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Transfer transfer =
                        stop.prepare(Transfer.from(engine.file(source)).to(out.target())).build()) {
            stop.runTo(transfer, thread, 1);
            assertTrue(source.isOpen() && out.target().isOpen());
            long delivered = transfer.progress().delivered();
            assertTrue(delivered > 0 && delivered < SIZE, transfer.progress()::toString);
            out.target().close();
            try (Receiver receiver = Receiver.checking(out.peer(), file, 0)) {
                assertEquals(delivered, receiver.awaitEnd());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void silentSource(EngineKind engine, Kind kind, ThreadKind thread, Stop stop) throws Exception {
        Path targetPath = Files.createTempFile(folder, "target", null);
        try (Connection in = Connection.open(kind);
                FileChannel target = FileChannel.open(targetPath, StandardOpenOption.WRITE);
                Transfer transfer =
                        stop.prepare(Transfer.from(in.peer()).to(engine.file(target))).build()) {
            in.target().write(ByteBuffer.wrap(SOME));
            stop.runTo(transfer, thread, SOME.length);
            assertTrue(in.peer().isOpen() && target.isOpen());
            assertEquals(SOME.length, transfer.progress().delivered());
            assertArrayEquals(SOME, Files.readAllBytes(targetPath));
            in.target().close();
            TransferResult result = transfer.run();
            assertEquals(End.COMPLETE, result.end());
            assertEquals(SOME.length, result.consumed());
        }
    }

    /** What was taken from a stream is delivered when the peer reads again. */
    @ParameterizedTest
    @MethodSource("all")
    void streamIsGoneOnWith(EngineKind engine, Kind kind, ThreadKind thread, Stop stop)
            throws Exception {
        byte[] content = Files.readAllBytes(file.path());
        try (Connection in = Connection.open(kind);
                Connection out = Connection.open(kind);
                Feeder feeder = Feeder.of(in.target(), content);
                Transfer transfer =
                        stop.prepare(
                                        Transfer.from(engine.source(in.peer()))
                                                .count(SIZE / 2)
                                                .to(out.target()))
                                .build()) {
            stop.runTo(transfer, thread, 1);
            try (Receiver receiver = Receiver.collecting(out.peer())) {
                Transfer.Builder rest = Transfer.from(engine.source(in.peer())).to(out.target());
                TransferResult result = runAgain(transfer);
                assertEquals(End.COMPLETE, result.end());
                assertEquals(SIZE / 2, result.delivered());
                try (Transfer second = rest.build()) {
                    assertEquals(SIZE / 2, second.run().delivered());
                }
                feeder.awaitEnd();
                out.target().close();
                assertArrayEquals(content, receiver.awaitBytes());
            }
        }
    }

    /** A channel of another class is asked when its own calls come back. */
    @ParameterizedTest
    @MethodSource("stops")
    void foreignChannelThatIsSlow(Stop stop) throws Exception {
        ReadableByteChannel endless = new SlowChannel();
        Path targetPath = Files.createTempFile(folder, "target", null);
        Transfer.Builder builder = Transfer.from(endless).to(targetPath);
        try (Transfer transfer = stop.prepare(builder).build()) {
            stop.runTo(transfer, ThreadKind.PLATFORM, 1);
            assertEquals(Files.size(targetPath), transfer.progress().delivered());
        }
    }

    static Stream<Stop> stops() {
        return Stream.of(Stop.TIMEOUT, Stop.CANCEL);
    }

    @ParameterizedTest
    @MethodSource("stops")
    void pauseOfThePace(Stop stop) throws Exception {
        Path targetPath = Files.createTempFile(folder, "target", null);
        Transfer.Builder builder = Transfer.from(file.path()).to(targetPath).bytesPerSecond(1);
        try (Transfer transfer = stop.prepare(builder).build()) {
            stop.runTo(transfer, ThreadKind.PLATFORM, 1);
        }
    }

    /** The pauses that the pace makes are no fault of a peer's. */
    @Test
    void pauseIsNotIdle() throws Exception {
        Path targetPath = Files.createTempFile(folder, "target", null);
        try (Transfer transfer =
                Transfer.from(file.path())
                        .count(3)
                        .to(targetPath)
                        .bytesPerSecond(2)
                        .idleTimeout(SHORT)
                        .build()) {
            assertEquals(End.COMPLETE, transfer.run().end());
        }
    }

    @ParameterizedTest
    @MethodSource("enginesKindsThreads")
    void closeEndsTheRunAndWaitsForIt(EngineKind engine, Kind kind, ThreadKind thread)
            throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind)) {
            Transfer transfer = Transfer.from(engine.file(source)).to(out.target()).build();
            Jvm.Task<TransferResult> task = Jvm.run(thread, "runner", transfer::run);
            Await.until("it moves", () -> transfer.progress().delivered() > 0);
            assertThrows(IllegalStateException.class, transfer::run);
            ByteBuffer into = ByteBuffer.allocate(1);
            assertThrows(IllegalStateException.class, () -> transfer.drainUndelivered(into));
            Jvm.closeInTime(transfer::close);
            assertEquals(End.CANCELLED, task.awaitInTime().end());
            assertTrue(source.isOpen() && out.target().isOpen());
        }
    }

    static Stream<Arguments> enginesKindsThreads() {
        return EngineKind.with(List.of(Kind.values()), Jvm.threadKinds());
    }

    @ParameterizedTest
    @MethodSource("enginesKindsThreads")
    void cancelOfTheFutureCancelsTheRun(EngineKind engine, Kind kind, ThreadKind thread)
            throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Transfer transfer = Transfer.from(engine.file(source)).to(out.target()).build()) {
            CompletableFuture<TransferResult> future =
                    transfer.start(body -> Jvm.start(thread, "executor", body))
                            .toCompletableFuture();
            Await.until("it moves", () -> transfer.progress().delivered() > 0);
            assertTrue(future.cancel(true));
            assertThrows(CancellationException.class, future::get);
            try (Receiver receiver = Receiver.checking(out.peer(), file, 0)) {
                TransferResult result = awaitIdleAndRun(transfer);
                assertEquals(End.COMPLETE, result.end());
                out.target().close();
                assertEquals(SIZE, receiver.awaitEnd());
            }
        }
    }

    @Test
    void futureIsCompletedByTheRun() throws Exception {
        Path targetPath = Files.createTempFile(folder, "target", null);
        try (Transfer transfer = Transfer.from(file.path()).to(targetPath).build()) {
            CompletableFuture<TransferResult> future =
                    transfer.start(Runnable::run).toCompletableFuture();
            assertEquals(SIZE, future.get().delivered());
        }
        try (Transfer transfer = Transfer.from(folder.resolve("no")).to(targetPath).build()) {
            CompletableFuture<TransferResult> future =
                    transfer.start(Runnable::run).toCompletableFuture();
            assertTrue(future.isCompletedExceptionally());
        }
    }

    /** Runs that end by waiting share one time-out. */
    @ParameterizedTest
    @MethodSource("stopsInTime")
    void nonBlockingRunsHaveTheirTimeTogether(EngineKind engine, Stop stop) throws Exception {
        try (Connection in = Connection.pipe();
                FileChannel target =
                        FileChannel.open(
                                Files.createTempFile(folder, "target", null),
                                StandardOpenOption.WRITE);
                Transfer transfer =
                        stop.prepare(Transfer.from(in.peer()).to(engine.file(target))).build()) {
            ((SelectableChannel) in.peer()).configureBlocking(false);
            assertEquals(End.WAIT_SOURCE, transfer.run().end());
            LockSupport.parkNanos(SHORT.toNanos());
            assertThrows(TransferTimeoutException.class, transfer::run);
            assertEquals(End.WAIT_SOURCE, transfer.run().end(), "the time begins anew");
        }
    }

    static Stream<Arguments> stopsInTime() {
        return EngineKind.with(List.of(Stop.TIMEOUT, Stop.IDLE));
    }

    /** Goes on after a time-out as often as it takes: each run has its own. */
    private static TransferResult runAgain(Transfer transfer) throws IOException {
        for (int runs = 0; runs < 100; runs++) {
            try {
                return transfer.run();
            } catch (TransferTimeoutException e) {
                assertEquals(e.delivered(), transfer.progress().delivered());
            }
        }
        throw new AssertionError("it does not come to an end: " + transfer.progress());
    }

    /** A cancelled future is done before its run has let go of the channels. */
    private static TransferResult awaitIdleAndRun(Transfer transfer) {
        TransferResult[] result = {null};
        Await.until(
                "the transfer can be run again",
                () -> {
                    try {
                        result[0] = transfer.run();
                        return result[0].end() != End.CANCELLED;
                    } catch (IllegalStateException e) {
                        return false;
                    }
                });
        return result[0];
    }

    /** Gives some bytes now and then, and never ends. */
    private static final class SlowChannel implements ReadableByteChannel {
        static final Duration PAUSE = Duration.ofMillis(50);

        @Override
        public int read(ByteBuffer into) {
            LockSupport.parkNanos(PAUSE.toNanos());
            byte[] bytes = Arrays.copyOf(SOME, Math.min(100, into.remaining()));
            into.put(bytes);
            return bytes.length;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }
}
