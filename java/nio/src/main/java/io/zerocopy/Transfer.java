package io.zerocopy;

import io.zerocopy.internal.transfer.Request;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * One transfer with everything that {@link ZeroCopy#transferTo} can't say: any source, a header and
 * a trailer, time-outs, cancel, a limit on bytes a second, progress, and leaving and coming back.
 *
 * <p>It keeps its state from run to run, and nothing that was taken from the source is lost: what a
 * cancel, a time-out, a full target or a failure leaves undelivered is delivered by the next {@link
 * #run}, or handed back by {@link #drainUndelivered} or {@link TransferException#undelivered}.
 *
 * <p>One run at a time; {@link #cancel}, {@link #progress} and {@link #close} are for any thread at
 * any time. The channels stay the caller's, and are not closed: only an interrupt of the running
 * thread closes both, as in {@link FileChannel#transferTo}. A virtual thread that waits for a
 * channel of the JDK is not pinned to its carrier. Example:
 *
 * <pre>{@code
 * try (Transfer transfer = Transfer.from(path).to(socket).build()) {
 *     TransferResult result = transfer.run();
 *     System.out.println(result.delivered() + " bytes by " + result.mechanisms());
 * }
 * }</pre>
 */
public final class Transfer implements AutoCloseable {
    private final TransferRun run;

    private Transfer(TransferRun run) {
        this.run = run;
    }

    /**
     * Begins to describe a transfer from a file.
     *
     * <p>It is read from the channel's own position, which moves on with what is delivered, or from
     * {@link Builder#position}, and then the channel's own stays where it is.
     *
     * @param source a file, open for reading
     * @return a new builder
     */
    public static Builder from(FileChannel source) {
        return from((ReadableByteChannel) source);
    }

    /**
     * Begins to describe a transfer from any channel, with the same rules whatever its static type
     * is.
     *
     * <p>Of a datagram channel, which must be connected, each datagram is written by itself; one
     * that is longer than what is left of the count is cut, as by its own {@code read}.
     *
     * @param source a channel, open for reading
     * @return a new builder
     */
    public static Builder from(ReadableByteChannel source) {
        return new Builder(Objects.requireNonNull(source, "source"), null);
    }

    /**
     * Begins to describe a transfer from a file that is opened by the first run and closed by
     * {@link #close}.
     *
     * @param source a file that can be read
     * @return a new builder
     */
    public static Builder from(Path source) {
        return new Builder(null, Objects.requireNonNull(source, "source"));
    }

    /**
     * Moves bytes: to the end where both ends are in blocking mode, else until a non-blocking one
     * would block. The next call goes on exactly where this one has stopped.
     *
     * <p>On a non-blocking end it also comes back after 2 MiB, so that a selector can serve others,
     * and when the limit on bytes a second is reached: then it answers {@link End#WAIT_TARGET}, or
     * {@link End#WAIT_SOURCE} if only the source is non-blocking, although that end may be ready. A
     * selector's loop that uses {@link Builder#bytesPerSecond} has to let an eighth of a second
     * pass before it calls again. A channel that is not the JDK's own and reads or writes 0 bytes
     * is taken for one that would block.
     *
     * <p>Cancel and time-outs are seen within 100 ms while a socket, a pipe or a file of the JDK is
     * waited for, with the native core. A channel of another class, a datagram channel, and every
     * blocking channel without the native core, is inside of its own {@code read} or {@code write}
     * then: they are seen when that comes back. Closing the channel ends it sooner.
     *
     * <p>Another run after the end was reached moves nothing and returns the same end.
     *
     * @return what all runs until now have come to
     * @throws TransferTimeoutException if a time limit passed
     * @throws TransferException if a system call or a channel failed, or if a channel was closed
     *     while this ran, or the thread interrupted: the JDK's exception is the cause
     * @throws java.nio.channels.ClosedChannelException if a channel was closed before
     * @throws java.nio.channels.NonReadableChannelException if the source is a file that is not
     *     open for reading
     * @throws java.nio.channels.NonWritableChannelException if the target is a file that is not
     *     open for writing
     * @throws java.nio.channels.NotYetConnectedException if an end is a socket that is not
     *     connected
     * @throws java.nio.file.FileSystemException if a file can't be opened
     * @throws IllegalArgumentException if a target path turns out to be the source
     * @throws IllegalStateException if it is running in another thread, or closed
     * @throws IOException if an end can't be looked at
     */
    public TransferResult run() throws IOException {
        return run.run();
    }

    /**
     * Calls {@link #run} in a thread of {@code executor}. Virtual threads are what it is made for.
     *
     * <p>The stage is a {@link java.util.concurrent.CompletableFuture}; cancelling it cancels the
     * transfer, which may touch the channels for some time after that: until {@link #close}
     * returns, or another {@link #run} does not throw IllegalStateException.
     *
     * @param executor where it runs
     * @return completed by what the run returns or throws
     * @throws java.util.concurrent.RejectedExecutionException if the executor takes nothing
     */
    public CompletionStage<TransferResult> start(Executor executor) {
        Objects.requireNonNull(executor, "executor");
        TransferFuture future = new TransferFuture(run);
        executor.execute(future::run);
        return future;
    }

    /**
     * Makes the run that is going on, or else the next one, return {@link End#CANCELLED} once. The
     * channels are not touched any more when that run has returned. The run after it goes on. From
     * any thread; does not wait.
     */
    public void cancel() {
        run.cancel();
    }

    /**
     * How far the transfer is. From any thread; does not wait.
     *
     * @return a snapshot
     */
    public Progress progress() {
        return run.progress();
    }

    /**
     * Takes out bytes that were taken from the source and not delivered, the oldest first. They
     * belong to the caller then: no later run delivers them.
     *
     * @param into where they are put, as many as it has room for
     * @return how many were put; 0 only if none are left, or {@code into} has no room
     * @throws IllegalStateException if the transfer is running, or closed
     * @throws java.nio.ReadOnlyBufferException if {@code into} is read-only
     */
    public int drainUndelivered(ByteBuffer into) {
        if (into.isReadOnly()) {
            throw new ReadOnlyBufferException();
        }
        return run.drainUndelivered(into);
    }

    /**
     * Ends the transfer: cancels a run that is going on, waits until it has returned, and closes
     * the files that were opened from paths. The caller's channels stay open.
     *
     * <p>What was not delivered goes to the exception of the last run, if that threw one; else it
     * is gone if {@link #drainUndelivered} was not called. From any thread; called by {@link
     * Builder#onProgress} it does not wait, and the run ends soon. Closing again does nothing.
     *
     * @throws java.io.UncheckedIOException if a file opened from a path can't be closed: it may not
     *     have everything then
     */
    @Override
    public void close() {
        run.close();
    }

    /**
     * Describes a transfer. Not thread-safe. Where a method is called again the last call counts.
     *
     * <p>Example: a file behind a header, at no more than 1 MB a second, in no more than 10
     * seconds.
     *
     * <pre>{@code
     * Transfer.Builder builder =
     *         Transfer.from(path)
     *                 .header(ByteBuffer.wrap("begin ".getBytes()))
     *                 .to(socket)
     *                 .bytesPerSecond(1_000_000)
     *                 .timeout(Duration.ofSeconds(10));
     * try (Transfer transfer = builder.build()) {
     *     transfer.run();
     * }
     * }</pre>
     */
    public static final class Builder {
        private final TransferSpec spec;

        private Builder(ReadableByteChannel source, Path sourcePath) {
            this.spec = new TransferSpec(source, sourcePath);
        }

        /**
         * Where in the file to begin. Without it a channel's own position is used and moved.
         *
         * @param position in bytes, at least 0
         * @return this
         * @throws IllegalArgumentException if {@code position} is negative, or the source is not a
         *     file
         */
        public Builder position(long position) {
            TransferChecks.notNegative("position", position);
            TransferChecks.filePosition(position, spec.source);
            spec.sourcePosition = position;
            return this;
        }

        /**
         * How many bytes to transfer. Without it: all up to the end of the source, and reaching
         * that is {@link End#COMPLETE}; a source that ends before a count is {@link
         * End#SOURCE_ENDED}.
         *
         * @param count in bytes, at least 0
         * @return this
         * @throws IllegalArgumentException if {@code count} is negative
         */
        public Builder count(long count) {
            spec.count = TransferChecks.notNegative("count", count);
            return this;
        }

        /**
         * What goes before the bytes of the source: with the first bytes of a file in one segment.
         *
         * @param buffers copied now, each from its position to its limit; their positions stay
         * @return this
         * @throws IllegalArgumentException if they have 2 GiB or more together
         */
        public Builder header(ByteBuffer... buffers) {
            spec.header = TransferChecks.copy("header", buffers);
            return this;
        }

        /**
         * What goes behind the bytes of the source. Not sent if the source ends before the count.
         *
         * @param buffers copied now, each from its position to its limit; their positions stay
         * @return this
         * @throws IllegalArgumentException if they have 2 GiB or more together
         */
        public Builder trailer(ByteBuffer... buffers) {
            spec.trailer = TransferChecks.copy("trailer", buffers);
            return this;
        }

        /**
         * Where the bytes go. A file is written at its own position, which moves on.
         *
         * <p>What goes to a datagram channel, which must be connected, is cut into datagrams of 8
         * KiB, or of {@link #chunkBytes}.
         *
         * @param target a channel, open for writing
         * @return this
         */
        public Builder to(WritableByteChannel target) {
            Objects.requireNonNull(target, "target");
            spec.target(target, null, Request.UNSET, null);
            return this;
        }

        /**
         * Where the bytes go in a file, whose own position stays where it is.
         *
         * @param target a file, open for writing
         * @param position where the first byte goes, at least 0; past the end the file grows
         * @return this
         * @throws IllegalArgumentException if {@code position} is negative
         */
        public Builder to(FileChannel target, long position) {
            TransferChecks.notNegative("position", position);
            Objects.requireNonNull(target, "target");
            spec.target(target, null, position, null);
            return this;
        }

        /**
         * Into a file that is opened by the first run and closed by {@link #close}.
         *
         * @param target the file
         * @param options as of {@link java.nio.file.Files#newOutputStream}: none are {@code
         *     CREATE}, {@code TRUNCATE_EXISTING} and {@code WRITE}
         * @return this
         * @throws IllegalArgumentException if {@code options} has {@code READ}
         */
        public Builder to(Path target, OpenOption... options) {
            Objects.requireNonNull(target, "target");
            spec.target(null, target, Request.UNSET, TransferChecks.writing(options));
            return this;
        }

        /**
         * The only mechanism that may move the bytes, for tests and measurements. There is no
         * fallback: where it can't serve, the run fails and says why. Without it the best is
         * chosen.
         *
         * @param mechanism the mechanism; null for the best
         * @return this
         */
        public Builder mechanism(Mechanism mechanism) {
            spec.mechanism = mechanism;
            return this;
        }

        /**
         * The most that is moved between two looks at the limits. Without it: what the kernel takes
         * in one go.
         *
         * @param bytes at least 1
         * @return this
         * @throws IllegalArgumentException if {@code bytes} is less than 1
         */
        public Builder chunkBytes(long bytes) {
            spec.chunkBytes = TransferChecks.positive("chunkBytes", bytes);
            return this;
        }

        /**
         * The most that is moved in a second, header and trailer included. What goes in a burst is
         * an eighth of that.
         *
         * <p>In blocking mode {@link Transfer#run} sleeps where the limit is reached. With a
         * non-blocking end it comes back, and there is no {@link End} of its own for that: it is
         * {@link End#WAIT_TARGET}, or {@link End#WAIT_SOURCE} if only the source is non-blocking,
         * as if that end were not ready. A selector finds it ready at once, so a loop that goes on
         * by readiness alone spins; let an eighth of a second pass, in which the next burst
         * gathers, and call again. (In C {@code ZC_END_PAUSE} says how long to wait.)
         *
         * @param bytes at least 1
         * @return this
         * @throws IllegalArgumentException if {@code bytes} is less than 1
         */
        public Builder bytesPerSecond(long bytes) {
            spec.bytesPerSecond = TransferChecks.positive("bytesPerSecond", bytes);
            return this;
        }

        /**
         * How long the transfer may take. The time begins with a run; runs that end with {@link
         * End#WAIT_SOURCE} or {@link End#WAIT_TARGET} share it with the next.
         *
         * @param limit more than zero
         * @return this
         * @throws IllegalArgumentException if {@code limit} is zero or negative
         */
        public Builder timeout(Duration limit) {
            spec.timeout = TransferChecks.positive("timeout", limit);
            return this;
        }

        /**
         * How long nothing may move. Pauses that {@link #bytesPerSecond} makes do not count.
         *
         * @param limit more than zero
         * @return this
         * @throws IllegalArgumentException if {@code limit} is zero or negative
         */
        public Builder idleTimeout(Duration limit) {
            spec.idleTimeout = TransferChecks.positive("idleTimeout", limit);
            return this;
        }

        /**
         * Who is told how far the transfer is: at most 10 times a second while it moves, and once
         * more when a run ends with anything but waiting.
         *
         * <p>The callback runs in the thread of the run, which waits for it. What it throws ends
         * the run and comes out of it; nothing is lost, and the next run goes on. Where the run
         * fails by itself, it is suppressed in the run's exception.
         *
         * @param callback not null
         * @return this
         */
        public Builder onProgress(Consumer<? super Progress> callback) {
            spec.onProgress = Objects.requireNonNull(callback, "callback");
            return this;
        }

        /**
         * Whether the peer must see the bytes as they were when they were sent. Without it the
         * pages of a file are sent as they are: a change of the file may be seen by a peer that has
         * not read them yet. With it they are copied.
         *
         * @param stable true to copy
         * @return this
         */
        public Builder stable(boolean stable) {
            spec.isStable = stable;
            return this;
        }

        /**
         * When a file is read past the page cache; {@link DirectIo#auto} without it.
         *
         * @param policy not null
         * @return this
         */
        public Builder directIo(DirectIo policy) {
            spec.directIo = Objects.requireNonNull(policy, "policy");
            return this;
        }

        /**
         * Makes the transfer. No file is opened and no channel touched: the first run does that.
         *
         * @return a new transfer
         * @throws IllegalStateException if there is no target
         * @throws IllegalArgumentException if the target is the source and not a socket, whose two
         *     directions are two streams; or if {@link #mechanism} can't serve any transfer between
         *     ends of these kinds
         */
        public Transfer build() {
            return new Transfer(new TransferRun(spec.checked()));
        }
    }
}
