package io.zerocopy.reuse;

import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Moves the bytes of a pattern in pieces by one method, until a channel is closed under it. */
final class Mover {
    private static final int PIECE_BITS_MAX = 18;
    private static final long NOT_READY_NANOS = 20_000;
    private static final Duration NEVER = Duration.ofSeconds(20);

    private final Method method;
    private final Ends ends;
    private final Pattern pattern;
    private final boolean isBlocking;
    private final Random random;
    private final Findings findings;
    private long moved;
    private long perhapsMoved;

    Mover(
            Method method,
            Ends ends,
            Pattern pattern,
            boolean isBlocking,
            Random random,
            Findings findings) {
        this.method = method;
        this.ends = ends;
        this.pattern = pattern;
        this.isBlocking = isBlocking;
        this.random = random;
        this.findings = findings;
    }

    /** The ways to move bytes. */
    enum Method {
        TRANSFER_TO,
        TRANSFER_FROM,
        COPY,
        TRANSFER
    }

    /** The bytes that the target has got. */
    long moved() {
        return moved;
    }

    /** The bytes that it may have got on top of these: a copy that is cut off has no count. */
    long perhapsMoved() {
        return perhapsMoved;
    }

    /** Moves so many bytes, or what goes until a channel is closed. */
    void run(long total) throws IOException {
        while (moved < total && ends.areOpen()) {
            long before = moved;
            try {
                piece(Math.min(1L << random.nextInt(PIECE_BITS_MAX), total - moved));
            } catch (ClosedChannelException e) {
                // Not before: who finds a channel closed that is open has closed the wrong one.
                if (ends.areOpen()) {
                    throw e;
                }
            }
            findings.transfers.incrementAndGet();
            findings.bytes.addAndGet(moved - before);
            if (moved == before && ends.areOpen()) {
                if (isBlocking) {
                    throw new AssertionError("0 before the end");
                }
                LockSupport.parkNanos(NOT_READY_NANOS);
            }
        }
        if (!ends.areOpen()) {
            findings.endedByClose.incrementAndGet();
        }
    }

    private void piece(long most) throws IOException {
        long count = most;
        if (ends.source() instanceof FileChannel) {
            count = Math.min(most, Pattern.BYTES - Pattern.within(moved));
            if (method != Method.TRANSFER_TO) {
                ((FileChannel) ends.source()).position(Pattern.within(moved));
            }
        }
        try {
            switch (method) {
                case TRANSFER_TO:
                    FileChannel file = (FileChannel) ends.source();
                    long position = Pattern.within(moved);
                    moved += ZeroCopy.transferTo(file, position, count, ends.target());
                    break;
                case TRANSFER_FROM:
                    FileChannel target = (FileChannel) ends.target();
                    moved += ZeroCopy.transferFrom(target, ends.source(), moved, count);
                    break;
                case COPY:
                    moved += ZeroCopy.copy(ends.source(), ends.target(), count);
                    break;
                default:
                    transfer(count);
                    break;
            }
        } catch (AsynchronousCloseException e) {
            perhapsMoved = method == Method.COPY ? count : 0;
            throw e;
        } catch (TransferException e) {
            pattern.check("what was not delivered", moved + e.delivered(), e.undelivered());
            moved += e.delivered();
            if (ends.areOpen() || !(e.getCause() instanceof ClosedChannelException)) {
                throw e;
            }
        }
    }

    /** With limits that are never reached, but make the steps short, and waits bounded. */
    private void transfer(long count) throws IOException {
        Transfer.Builder builder = Transfer.from(ends.source()).to(ends.target()).count(count);
        if (random.nextBoolean()) {
            builder.timeout(NEVER);
        }
        if (random.nextBoolean()) {
            builder.idleTimeout(NEVER).bytesPerSecond(100_000_000);
        }
        if (random.nextBoolean()) {
            builder.chunkBytes(1 + random.nextInt(100_000));
        }
        try (Transfer transfer = builder.build()) {
            try {
                runToTheEnd(transfer);
                moved += transfer.progress().delivered();
            } catch (ClosedChannelException e) {
                // It was closed while this thread was not in a run.
                moved += transfer.progress().delivered();
                checkUndelivered(transfer);
                throw e;
            }
        }
    }

    private void runToTheEnd(Transfer transfer) throws IOException {
        End end = transfer.run().end();
        while (end == End.WAIT_SOURCE || end == End.WAIT_TARGET) {
            LockSupport.parkNanos(NOT_READY_NANOS);
            end = transfer.run().end();
        }
        if (end != End.COMPLETE && ends.areOpen()) {
            throw new AssertionError(end + " before the end");
        }
    }

    private void checkUndelivered(Transfer transfer) {
        ByteBuffer undelivered = ByteBuffer.allocate(64 << 10);
        long at = moved;
        while (transfer.drainUndelivered(undelivered.clear()) > 0) {
            undelivered.flip();
            pattern.check("what was not delivered", at, undelivered);
            at += undelivered.limit();
        }
    }
}
