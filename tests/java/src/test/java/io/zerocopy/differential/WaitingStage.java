package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.BlockedThread.Outcome;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.PatternFile;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** The ends of one scenario that waits. */
final class WaitingStage implements Closeable {
    static final String DOES_NOT_WAIT = "does not wait";
    static final String SLEEPS_ON = "sleeps on";
    static final String PINNED = "holds its carrier";
    static final String WAITS = "waits";

    /** More than any target takes without a reader. */
    private static final int LARGE_BYTES = 16 << 20;

    private static final int SENT_BYTES = 10_000;

    /** A call of the JDK may hold a carrier, and there have to be some left for the others. */
    private static final Semaphore HOLDS_CARRIER = new Semaphore(1);

    /** The JDK wakes a thread within 50 ms, or never. */
    private static final Duration WAKE_UP = Duration.ofSeconds(1);

    private final WaitingScenario scenario;
    private final Path path;
    private final FileChannel file;
    private final Connection connection;
    private final Channel other;
    private final Channel peer;
    private long filledBytes;

    WaitingStage(WaitingScenario scenario, Path folder) throws IOException {
        this.scenario = scenario;
        path = Files.createTempFile(folder, "waiting", null);
        connection = Connection.open(scenario.kind());
        if (isTransferTo()) {
            file = openLarge(folder);
            other = connection.target();
            peer = connection.peer();
            filledBytes = scenario.hasMoved() ? 0 : connection.fill();
        } else {
            file = FileChannel.open(path, StandardOpenOption.WRITE);
            other = connection.peer();
            peer = connection.target();
            if (scenario.hasMoved()) {
                connection.target().write(ByteBuffer.allocate(SENT_BYTES));
            }
        }
    }

    /** One thread makes it for all. */
    private static synchronized FileChannel openLarge(Path folder) throws IOException {
        return PatternFile.dense(folder, 5, LARGE_BYTES).open();
    }

    private boolean isTransferTo() {
        return scenario.operation() == Operation.TRANSFER_TO;
    }

    Answer answer(Method method) throws IOException {
        boolean isVirtual = scenario.thread() == ThreadKind.VIRTUAL;
        if (isVirtual) {
            HOLDS_CARRIER.acquireUninterruptibly();
        }
        try {
            return answerAlone(method);
        } finally {
            if (isVirtual) {
                HOLDS_CARRIER.release();
            }
        }
    }

    private Answer answerAlone(Method method) throws IOException {
        BlockedThread blocked =
                BlockedThread.startAnyhow(
                        scenario.thread(),
                        () -> method.call(scenario.operation(), file, 0, Long.MAX_VALUE, other));
        if (blocked.isOver()) {
            return new Answer(DOES_NOT_WAIT, false, "", "", "");
        }
        if (!isTransferTo() && scenario.hasMoved()) {
            Await.until("what was sent is written", () -> Files.size(path) == SENT_BYTES);
        }
        String waiting = blocked.isPinned() ? PINNED : WAITS;
        Jvm.Task<Void> happening =
                Jvm.run(
                        ThreadKind.PLATFORM,
                        "event",
                        () -> {
                            happen(blocked);
                            return null;
                        });
        boolean woke = Await.holdsWithin(WAKE_UP, blocked::isOver);
        if (!woke) {
            rescue();
        }
        Outcome outcome = blocked.awaitOutcome(Await.LONG);
        happening.await();
        if (!woke) {
            return new Answer(SLEEPS_ON, false, "", "", waiting);
        }
        String fileState = file.isOpen() ? "open" : "closed";
        String otherState = other.isOpen() ? "open" : "closed";
        return new Answer(result(outcome), outcome.isInterrupted(), fileState, otherState, waiting);
    }

    private void happen(BlockedThread blocked) throws IOException {
        switch (scenario.event()) {
            case INTERRUPT -> blocked.interrupt();
            case CLOSE_FILE -> file.close();
            case CLOSE_OTHER -> other.close();
            default -> peer.close();
        }
    }

    /** Whatever waits for a peer is woken when that is gone. */
    private void rescue() throws IOException {
        peer.close();
    }

    private String result(Outcome outcome) throws IOException {
        if (outcome.thrown() != null) {
            return Answer.resultOf(outcome.thrown());
        }
        long count = outcome.returned();
        if (scenario.event() == WaitingScenario.Event.CLOSE_PEER && isTransferTo()) {
            // Nobody knows how much of it the peer would have got.
            return count > 0 ? "some" : "0";
        }
        long moved = isTransferTo() ? arrivedBytes() : Files.size(path);
        return count == moved ? "what has arrived" : count + ", but " + moved + " arrived";
    }

    private long arrivedBytes() throws IOException {
        ((WritableByteChannel) other).close();
        long arrived = -filledBytes;
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        int read;
        while ((read = ((ReadableByteChannel) peer).read(buffer.clear())) > 0) {
            arrived += read;
        }
        return arrived;
    }

    @Override
    public void close() throws IOException {
        file.close();
        connection.close();
        Files.delete(path);
    }
}
