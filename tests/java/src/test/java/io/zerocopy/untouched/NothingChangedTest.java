package io.zerocopy.untouched;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.zerocopy.DirectIo;
import io.zerocopy.End;
import io.zerocopy.Mechanism;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.TransferTimeoutException;
import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.BlockedThread.Outcome;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.untouched.Case.Call;
import io.zerocopy.untouched.Case.Ending;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Goal: a transfer leaves alone what belongs to the user of its channels, however it ends: every
 * option of a socket that the kernel has, status flags, modes, file locks, positions that are not
 * its own to move, and the interrupt status of the thread. SO_SNDTIMEO, which it uses, is put back.
 *
 * <p>Method: everything is looked at before and after, through the JDK and past it. What the JDK
 * itself changes is left out: O_NONBLOCK under a channel in blocking mode that a virtual thread has
 * used.
 */
@ExtendWith(LeakCounter.class)
class NothingChangedTest {
    private static final int ALL = 8 << 20;
    private static final int SOME = 300_000;
    private static final int FEW = 1000;
    private static final long UNKNOWN = -1;
    private static final ByteBuffer FRAME = ByteBuffer.wrap(new byte[16]).asReadOnlyBuffer();

    @TempDir private static Path folder;
    private static PatternFile file;
    private static byte[] content;

    private Transfer transfer;

    @BeforeAll
    static void makeFile() throws IOException {
        file = PatternFile.dense(folder, 14, 2 * ALL);
        content = PatternFile.bytes(14, 0, ALL);
    }

    @ParameterizedTest
    @MethodSource("io.zerocopy.untouched.Case#all")
    void transferLeavesItsChannelsAsTheyWere(Case tried) throws Exception {
        run(tried, false);
        if (tried.ending() == Ending.SUCCESS && tried.target() == Kind.TCP) {
            run(tried, true);
        }
    }

    /** Also those that are taken where the best one can't serve, or for cold files. */
    @ParameterizedTest
    @CsvSource({
        "SENDFILE, TCP",
        "MAPPED, TCP",
        "COPY, TCP",
        "DIRECT_IO, TCP",
        "SPLICE, PIPE",
        "COPY_FILE_RANGE,",
        "COPY,"
    })
    void everyMechanismLeavesItsChannelsAsTheyWere(Mechanism mechanism, Kind to) throws Exception {
        Path path = folder.resolve("target");
        try (UserChannels channels = new UserChannels(null, to, file, path, false)) {
            channels.receive();
            channels.prepare(false);
            Transfer.Builder builder = Transfer.from(channels.source()).count(SOME);
            builder.directIo(DirectIo.above(1)).mechanism(mechanism);
            try (Transfer forced = builder.to(channels.target()).build()) {
                assertEquals(End.COMPLETE, forced.run().end());
            } catch (TransferException e) {
                // tmpfs has none before 6.5, and io_uring may be forbidden.
                assumeFalse(mechanism == Mechanism.DIRECT_IO, e.getMessage());
                throw e;
            }
            channels.check(SOME, SOME);
        }
    }

    private void run(Case tried, boolean noDelay) throws Exception {
        boolean isVirtual = tried.thread() == ThreadKind.VIRTUAL;
        Path path = folder.resolve("target");
        try (UserChannels channels =
                new UserChannels(tried.source(), tried.target(), file, path, isVirtual)) {
            supply(tried, channels);
            channels.prepare(noDelay);
            Outcome outcome = end(tried, channels, call(tried, channels));
            assertEnding(tried, channels, outcome);
            long delivered = delivered(tried, outcome);
            boolean movesSource = tried.call() != Call.TRANSFER_TO;
            boolean movesTarget = tried.call() != Call.TRANSFER_FROM;
            channels.check(movesSource ? delivered : 0, movesTarget ? delivered : 0);
        } finally {
            if (transfer != null) {
                transfer.close();
            }
        }
    }

    private static void supply(Case tried, UserChannels channels) throws IOException {
        switch (tried.ending()) {
            case SUCCESS:
                channels.feedAll(content);
                channels.receive();
                break;
            case FAILURE:
                channels.breakTarget();
                channels.feedAll(content);
                break;
            case WOULD_BLOCK:
                channels.feed(new byte[FEW]);
                channels.configureNonBlocking();
                break;
            default:
                if (tried.call() == Call.TRANSFER && tried.target() != null) {
                    // Then it is the target that is waited for.
                    channels.feedAll(content);
                } else {
                    channels.feed(new byte[FEW]);
                }
                break;
        }
    }

    private Callable<Long> call(Case tried, UserChannels channels) throws IOException {
        boolean isShort = tried.ending() == Ending.SUCCESS;
        long count = isShort ? SOME : ALL;
        switch (tried.call()) {
            case TRANSFER_TO:
                FileChannel source = (FileChannel) channels.source();
                return () -> ZeroCopy.transferTo(source, 5, count, channels.target());
            case TRANSFER_FROM:
                FileChannel target = (FileChannel) channels.target();
                long offset = tried.ending() == Ending.FAILURE ? target.position() : 5;
                return () -> ZeroCopy.transferFrom(target, channels.source(), offset, count);
            case COPY:
                return () -> ZeroCopy.copy(channels.source(), channels.target(), count);
            default:
                transfer = limited(tried, channels, count);
                return () -> transfer.run().delivered();
        }
    }

    private static Transfer limited(Case tried, UserChannels channels, long count) {
        boolean isTimeout = tried.ending() == Ending.TIMEOUT;
        Transfer.Builder builder =
                Transfer.from(channels.source())
                        .count(count)
                        .to(channels.target())
                        .timeout(isTimeout ? Duration.ofMillis(150) : Duration.ofSeconds(20))
                        .idleTimeout(Duration.ofSeconds(10))
                        .bytesPerSecond(2_000_000)
                        .onProgress(progress -> {});
        if (tried.target() != null) {
            builder.header(FRAME).trailer(FRAME);
        }
        return builder.build();
    }

    private Outcome end(Case tried, UserChannels channels, Callable<Long> call) throws IOException {
        if (!tried.blocks()) {
            return BlockedThread.outcomeOf(
                    tried.thread(),
                    () -> {
                        if (tried.ending() == Ending.INTERRUPT) {
                            Thread.currentThread().interrupt();
                        } else if (tried.ending() == Ending.CANCEL) {
                            transfer.cancel();
                        }
                        return call.call();
                    });
        }
        BlockedThread blocked = BlockedThread.start(tried.thread(), call);
        switch (tried.ending()) {
            case CLOSE_OF_SOURCE:
                Jvm.closeInTime(channels.source());
                break;
            case CLOSE_OF_TARGET:
                Jvm.closeInTime(channels.target());
                break;
            case INTERRUPT:
                blocked.interrupt();
                break;
            default:
                transfer.cancel();
                break;
        }
        return blocked.awaitOutcome();
    }

    private static void assertEnding(Case tried, UserChannels channels, Outcome outcome) {
        assertEquals(tried.ending() == Ending.INTERRUPT, outcome.isInterrupted());
        switch (tried.ending()) {
            case SUCCESS:
                assertEquals(SOME, outcome.returned(), outcome::toString);
                break;
            case INTERRUPT:
                assertNotNull(outcome.thrown(), outcome::toString);
                channels.assertClosed();
                break;
            case TIMEOUT:
                assertInstanceOf(TransferTimeoutException.class, outcome.thrown());
                break;
            case CANCEL:
            case WOULD_BLOCK:
                assertNull(outcome.thrown(), outcome::toString);
                assertTrue(outcome.returned() < ALL, outcome::toString);
                break;
            default:
                // The drop-ins return what they have moved, where that is something.
                assertTrue(
                        outcome.thrown() instanceof IOException
                                || outcome.returned() > 0 && outcome.returned() < ALL,
                        outcome::toString);
                break;
        }
    }

    /** What has arrived at the target; a copy that was cut off does not say it. */
    private static long delivered(Case tried, Outcome outcome) {
        if (outcome.thrown() == null) {
            return outcome.returned();
        }
        if (outcome.thrown() instanceof TransferException failed) {
            return failed.delivered();
        }
        return tried.call() == Call.COPY ? UNKNOWN : 0;
    }
}
