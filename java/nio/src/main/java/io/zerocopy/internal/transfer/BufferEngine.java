package io.zerocopy.internal.transfer;

import io.zerocopy.End;
import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;
import io.zerocopy.internal.channel.BufferPool;
import io.zerocopy.internal.channel.Closed;
import io.zerocopy.internal.core.Counters;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Through a reused direct buffer: between channels of any class, and without the native core.
 *
 * <p>It calls the channels' public methods only, so it is as interruptible and closable as they
 * are, and it sees its limits between their calls. Only the JDK's own sockets and pipes are waited
 * for first, with the native core, so that these calls do not block.
 */
public final class BufferEngine implements Engine {
    /** After so much a thread that has others to serve goes to them: nginx's turn. */
    private static final long TURN_BYTES = 2 << 20;

    /** The size of the JDK's own datagrams, which every path in use can carry. */
    private static final int DATAGRAM_BYTES = 8 << 10;

    private enum Stage {
        /** The header and the bytes of the source. */
        BODY,
        TRAILER,
        OVER
    }

    private final Request request;
    private final List<Fallback> reasons;
    private final SourceEnd source;
    private final TargetEnd target;
    private final Pace pace;
    private final int pieceBytesMax;

    /** What is left of the parts of the caller's. */
    private final ByteBuffer header;

    private final ByteBuffer trailer;

    private Stage stage = Stage.BODY;
    private boolean hasSourceEnded;
    private boolean isClosed;

    /** What is on its way, or null. Between runs: what was taken from a stream, if anything. */
    private ByteBuffer piece;

    /** How many bytes at the beginning of the piece belong to the header. */
    private int headerBytes;

    private long turnBytes;

    // Written by the running thread alone; consumed first, so that nobody sees more delivered.
    private volatile long consumed;
    private volatile long delivered;
    private volatile boolean hasMoved;

    /**
     * An engine that has not moved anything yet.
     *
     * @param reasons why the native core does not serve this transfer; empty if it was not wanted
     * @throws IOException if the position of the source can't be read
     */
    public BufferEngine(Request request, List<Fallback> reasons) throws IOException {
        this.request = request;
        this.reasons = List.copyOf(reasons);
        this.source = SourceEnd.of(request);
        this.target = TargetEnd.of(request);
        this.header = ByteBuffer.wrap(request.header());
        this.trailer = ByteBuffer.wrap(request.trailer());
        this.pace =
                request.bytesPerSecond() == Request.UNSET
                        ? null
                        : new Pace(request.bytesPerSecond(), System.nanoTime());
        this.pieceBytesMax = pieceBytesMax(request, source, target);
    }

    @Override
    public End run(Limits limits) throws IOException {
        Watch watch = new Watch(limits);
        turnBytes = 0;
        try {
            End end;
            // Ends: each step moves bytes, waits for no longer than the limits allow, or leaves.
            do {
                end = step(watch);
            } while (end == null);
            source.settle();
            return end;
        } catch (ClosedChannelException e) {
            boolean isShutDown = isOpen() && !(e instanceof AsynchronousCloseException);
            IOException told = isShutDown ? e : closedMeanwhile(e);
            settleAfter(told);
            throw told;
        } catch (IOException | RuntimeException e) {
            settleAfter(e);
            throw e;
        } finally {
            dropWhatCanBeReadAgain();
        }
    }

    @Override
    public Account account() {
        // In this order, so that no more is delivered than consumed.
        long deliveredNow = delivered;
        Set<Mechanism> mechanisms =
                hasMoved ? EnumSet.of(Mechanism.COPY) : EnumSet.noneOf(Mechanism.class);
        return new Account(deliveredNow, consumed, mechanisms, reasons, 0);
    }

    @Override
    public int drainUndelivered(ByteBuffer into) {
        if (piece == null) {
            return 0;
        }
        int bytes = Math.min(piece.remaining(), into.remaining());
        into.put(piece.slice().limit(bytes));
        piece.position(piece.position() + bytes);
        if (!piece.hasRemaining()) {
            givePieceBack();
        }
        return bytes;
    }

    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            if (stage != Stage.OVER && hasMoved) {
                Counters.addTransfer(Mechanism.COPY.number());
            }
            givePieceBack();
        }
    }

    /** One step: at most one read and one write. Null where the run goes on. */
    private End step(Watch watch) throws IOException {
        advance();
        if (stage == Stage.OVER) {
            return isCutShort() ? End.SOURCE_ENDED : End.COMPLETE;
        }
        if (watch.isCancelled()) {
            return End.CANCELLED;
        }
        watch.check();
        if (!isOpen()) {
            // The end that is waited for does not know that the other one was closed.
            throw new AsynchronousCloseException();
        }
        int bytesMax = allowedBytes();
        if (bytesMax == 0) {
            return pause(watch);
        }
        if (piece == null) {
            End end = fill(bytesMax, watch.waitNanos());
            if (end != null || piece == null) {
                return end;
            }
        }
        return deliver(bytesMax, watch);
    }

    /** Goes on to the next stage where all of this one is delivered. */
    private void advance() {
        if (piece != null) {
            return;
        }
        boolean isBodyDone = hasSourceEnded || remaining() == 0;
        if (stage == Stage.BODY && !header.hasRemaining() && isBodyDone) {
            stage = Stage.TRAILER;
        }
        if (stage == Stage.TRAILER && (isCutShort() || !trailer.hasRemaining())) {
            stage = Stage.OVER;
            if (hasMoved) {
                Counters.addTransfer(Mechanism.COPY.number());
            }
        }
    }

    /** A trailer behind half of what was asked for would be taken for the rest of it. */
    private boolean isCutShort() {
        return hasSourceEnded && request.count() != Request.UNSET && remaining() > 0;
    }

    /** How many bytes may still be taken from the source. */
    private long remaining() {
        return request.count() == Request.UNSET ? Long.MAX_VALUE : request.count() - consumed;
    }

    private int allowedBytes() {
        long paced = pace == null ? pieceBytesMax : pace.allowance(System.nanoTime());
        return (int) Math.min(paced, pieceBytesMax);
    }

    private End pause(Watch watch) throws IOException {
        if (isShared()) {
            return waitingEnd();
        }
        watch.pause(pace.pauseNanos());
        if (Thread.currentThread().isInterrupted()) {
            throw closedMeanwhile(new ClosedByInterruptException());
        }
        return null;
    }

    /** Makes a piece; leaves none where the source has nothing. */
    private End fill(int bytesMax, long waitNanos) throws IOException {
        piece = BufferPool.BATCHES.take();
        // A datagram that does not fit is cut by the kernel, and the rest of it is gone.
        if (!source.hasDatagrams()) {
            piece.limit(bytesMax);
        }
        boolean isWaiting = false;
        try {
            if (stage == Stage.TRAILER) {
                put(trailer);
            } else {
                headerBytes = put(header);
                isWaiting = mayReadBehindHeader() && !read(waitNanos);
            }
        } finally {
            piece.flip();
            if (!piece.hasRemaining()) {
                givePieceBack();
            }
        }
        return isWaiting && piece == null ? End.WAIT_SOURCE : null;
    }

    /** Puts as much of a part into the piece as fits, and does not count it as sent. */
    private int put(ByteBuffer part) {
        int bytes = Math.min(part.remaining(), piece.remaining());
        piece.put(part.slice().limit(bytes));
        return bytes;
    }

    /** The first bytes of a file share a write with the header; for a stream nobody waits. */
    private boolean mayReadBehindHeader() {
        boolean isHeaderWhole = headerBytes == header.remaining();
        return isHeaderWhole
                && piece.hasRemaining()
                && remaining() > 0
                && (headerBytes == 0 || source.isRewindable());
    }

    /** Reads into the piece; answers false where the source would block. */
    private boolean read(long waitNanos) throws IOException {
        int before = piece.position();
        piece.limit(
                (int) Math.min(piece.limit(), before + Math.min(remaining(), piece.capacity())));
        int read;
        try {
            read = source.read(piece, waitNanos);
        } finally {
            if (!source.isRewindable()) {
                consumed += piece.position() - before;
            }
        }
        hasSourceEnded = read == -1;
        boolean isEmptyDatagram = source.hasDatagrams() && !source.isNonBlocking();
        return read != 0 || isEmptyDatagram;
    }

    private End deliver(int bytesMax, Watch watch) throws IOException {
        int before = piece.position();
        int end = piece.limit();
        if (!target.hasDatagrams()) {
            piece.limit(Math.min(end, before + bytesMax));
        }
        int asked = piece.remaining();
        boolean hadRoom;
        try {
            hadRoom = target.write(piece, watch.waitNanos());
        } finally {
            piece.limit(end);
            moved(piece.position() - before);
        }
        int written = piece.position() - before;
        if (!piece.hasRemaining()) {
            givePieceBack();
        }
        if (written > 0) {
            watch.moved();
        }
        boolean isFull = written == 0 || written < asked && target.isNonBlocking();
        return hadRoom && isFull ? End.WAIT_TARGET : endOfTurn();
    }

    /** Enters what the target has taken into the books. */
    private void moved(int bytes) {
        if (bytes == 0) {
            return;
        }
        if (stage == Stage.TRAILER) {
            trailer.position(trailer.position() + bytes);
        } else {
            int ofHeader = Math.min(bytes, headerBytes);
            header.position(header.position() + ofHeader);
            headerBytes -= ofHeader;
            movedOfSource(bytes - ofHeader);
        }
        if (pace != null) {
            pace.spend(bytes);
        }
        hasMoved = true;
        turnBytes += bytes;
    }

    private void movedOfSource(int bytes) {
        if (source.isRewindable()) {
            consumed += bytes;
        }
        source.delivered(bytes);
        delivered += bytes;
        assert delivered <= consumed : delivered + " of " + consumed;
        Counters.addBytes(Mechanism.COPY.number(), bytes);
    }

    /** Leaves the thread to others from time to time: to a selector's, or to virtual threads. */
    private End endOfTurn() {
        if (turnBytes < TURN_BYTES) {
            return null;
        }
        turnBytes = 0;
        if (!isShared()) {
            Thread.yield();
            return null;
        }
        advance();
        return stage == Stage.OVER || piece != null ? null : waitingEnd();
    }

    private boolean isShared() {
        return target.isNonBlocking() || source.isNonBlocking();
    }

    private End waitingEnd() {
        return target.isNonBlocking() ? End.WAIT_TARGET : End.WAIT_SOURCE;
    }

    private void settleAfter(Exception failure) {
        try {
            source.settle();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private boolean isOpen() {
        return request.source().isOpen() && request.target().isOpen();
    }

    private AsynchronousCloseException closedMeanwhile(ClosedChannelException e) {
        return Closed.duringTransfer(e, request.source(), request.target());
    }

    private void dropWhatCanBeReadAgain() {
        if (source.isRewindable() || stage != Stage.BODY || headerBytes > 0) {
            givePieceBack();
        }
    }

    private void givePieceBack() {
        if (piece != null) {
            BufferPool.BATCHES.give(piece);
            piece = null;
        }
        headerBytes = 0;
    }

    private static int pieceBytesMax(Request request, SourceEnd source, TargetEnd target) {
        long bytes = BufferPool.BATCHES.bufferBytes();
        if (target.hasDatagrams() && !source.hasDatagrams()) {
            bytes = DATAGRAM_BYTES;
        }
        if (request.chunkBytes() != Request.UNSET) {
            bytes = Math.min(request.chunkBytes(), BufferPool.BATCHES.bufferBytes());
        }
        return (int) bytes;
    }
}
