package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.End;
import io.zerocopy.Progress;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.TransferResult;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Goal: no more bytes go in a second than were allowed, and who asked is told how far it is, not
 * too often, without a way to break the transfer.
 *
 * <p>Method: transfers that the limit makes last for more than a second. They may be slower than
 * the limit, but not faster.
 */
@ExtendWith(LeakCounter.class)
class TransferPaceTest {
    private static final int SIZE = 1_500_000;
    private static final long BYTES_PER_SECOND = 1_000_000;
    private static final Duration LONGEST_GAP = Duration.ofMillis(100);

    @TempDir Path folder;

    private PatternFile file;
    private byte[] content;
    private Path targetPath;

    @BeforeEach
    void makeFile() throws IOException {
        file = PatternFile.dense(folder, 2, SIZE);
        content = PatternFile.bytes(2, 0, SIZE);
        targetPath = folder.resolve("target");
    }

    static Stream<Arguments> enginesAndKinds() {
        return EngineKind.with(List.of(Kind.values()));
    }

    @ParameterizedTest
    @MethodSource("enginesAndKinds")
    void limitOnBytesASecondIsKept(EngineKind engine, Kind kind) throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Receiver receiver = Receiver.collecting(out.peer());
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .bytesPerSecond(BYTES_PER_SECOND)
                                .to(out.target())
                                .build()) {
            TransferResult result = transfer.run();
            assertEquals(SIZE, result.delivered());
            long burst = BYTES_PER_SECOND / 8;
            long most = burst + BYTES_PER_SECOND * result.elapsed().toMillis() / 1000 + 1000;
            assertTrue(SIZE <= most, result::toString);
            out.target().close();
            assertArrayEquals(content, receiver.awaitBytes());
        }
    }

    /** A selector's loop gets control back at once, also when nothing may be moved. */
    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void limitIsKeptWithoutWaiting(EngineKind engine) throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.tcpWithLargeBuffers();
                Receiver receiver = Receiver.collecting(out.peer());
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .bytesPerSecond(BYTES_PER_SECOND)
                                .to(out.target())
                                .build()) {
            out.configureBlocking(false);
            TransferResult result = transfer.run();
            while (result.end() != End.COMPLETE) {
                assertEquals(End.WAIT_TARGET, result.end());
                long most =
                        BYTES_PER_SECOND / 8
                                + BYTES_PER_SECOND * result.elapsed().toMillis() / 1000
                                + 1000;
                assertTrue(result.delivered() <= most, result::toString);
                TimeUnit.MILLISECONDS.sleep(20);
                result = transfer.run();
            }
            out.target().close();
            assertArrayEquals(content, receiver.awaitBytes());
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void progressIsReportedUpToTenTimesASecond(EngineKind engine) throws Exception {
        List<Progress> reports = new ArrayList<>();
        try (FileChannel source = file.open();
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .position(500_000)
                                .bytesPerSecond(BYTES_PER_SECOND)
                                .onProgress(reports::add)
                                .to(targetPath)
                                .build()) {
            assertEquals(0, transfer.progress().delivered());
            assertEquals(Duration.ZERO, transfer.progress().elapsed());
            assertEquals(End.COMPLETE, transfer.run().end());
            int count = reports.size();
            assertEquals(End.COMPLETE, transfer.run().end());
            assertEquals(count, reports.size(), "the end is reported once");
        }
        assertTrue(reports.size() > 2, reports::toString);
        Progress last = reports.get(reports.size() - 1);
        assertEquals(1_000_000, last.delivered());
        for (int i = 1; i < reports.size(); i++) {
            Progress before = reports.get(i - 1);
            Progress now = reports.get(i);
            assertEquals(OptionalLong.of(1_000_000), now.total());
            assertTrue(now.delivered() >= before.delivered(), reports::toString);
            assertTrue(now.consumed() >= now.delivered(), reports::toString);
            Duration gap = now.elapsed().minus(before.elapsed());
            boolean isEnd = i == reports.size() - 1;
            // The clock is read before the call and once more for the report.
            boolean isInTime = gap.plusMillis(20).compareTo(LONGEST_GAP) >= 0;
            assertTrue(isEnd || isInTime, reports::toString);
        }
    }

    @ParameterizedTest
    @EnumSource(EngineKind.class)
    void callbackThatThrowsEndsTheRunAndLosesNothing(EngineKind engine) throws Exception {
        IllegalArgumentException failure = new IllegalArgumentException("no more of this");
        int[] calls = {0};
        try (FileChannel source = file.open();
                FileChannel target =
                        FileChannel.open(
                                targetPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                Transfer transfer =
                        Transfer.from(engine.file(source))
                                .bytesPerSecond(BYTES_PER_SECOND)
                                .onProgress(
                                        progress -> {
                                            if (++calls[0] == 2) {
                                                throw failure;
                                            }
                                        })
                                .to(target)
                                .build()) {
            assertSame(failure, assertThrows(IllegalArgumentException.class, transfer::run));
            long delivered = transfer.progress().delivered();
            assertTrue(delivered > 0 && delivered < SIZE);
            assertEquals(delivered, target.size());
            assertEquals(End.COMPLETE, transfer.run().end());
        }
        assertArrayEquals(content, Files.readAllBytes(targetPath));
    }

    @Test
    void callbackThatThrowsDoesNotHideAFailure() throws Exception {
        IllegalArgumentException failure = new IllegalArgumentException("no more of this");
        try (FileChannel full = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE);
                Transfer transfer =
                        Transfer.from(file.path())
                                .onProgress(
                                        progress -> {
                                            throw failure;
                                        })
                                .to(full)
                                .build()) {
            TransferException thrown = assertThrows(TransferException.class, transfer::run);
            assertSame(failure, thrown.getSuppressed()[0]);
        }
    }

    @Test
    void callbackMayCancelAndClose() throws Exception {
        Transfer[] transfer = {null};
        transfer[0] =
                Transfer.from(file.path())
                        .bytesPerSecond(BYTES_PER_SECOND)
                        .onProgress(
                                progress -> {
                                    assertThrows(IllegalStateException.class, transfer[0]::run);
                                    transfer[0].cancel();
                                    transfer[0].close();
                                })
                        .to(targetPath)
                        .build();
        TransferResult result = transfer[0].run();
        assertEquals(End.CANCELLED, result.end());
        assertFalse(result.delivered() == SIZE, result::toString);
        assertThrows(IllegalStateException.class, transfer[0]::run);
    }
}
