package io.zerocopy;

import io.zerocopy.internal.channel.Connected;
import io.zerocopy.internal.channel.GuardedOutput;
import io.zerocopy.internal.core.Counters;
import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.SenderSettings;
import io.zerocopy.internal.sender.Abandoned;
import io.zerocopy.internal.sender.Engine;
import io.zerocopy.internal.sender.Message;
import io.zerocopy.internal.sender.NativeSender;
import io.zerocopy.internal.sender.PageBuffer;
import io.zerocopy.internal.sender.PlainSender;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Sends memory over a connected socket without copying it, by {@code MSG_ZEROCOPY} of {@code
 * send(2)}.
 *
 * <p>The network device reads the memory itself, so a message must not be changed until its
 * completion says that the kernel is done with it; over TCP that is when the peer has acknowledged
 * it. It pays from 10 to 16 KiB on. Smaller messages are copied, and so is everything where the
 * kernel reports that it copies anyway, as on loopback, with a try again from time to time: {@link
 * Completion} tells. The bytes arrive in the order of the sends.
 *
 * <p><b>Blocking mode.</b> {@link #send} returns when the kernel has taken the whole message. It
 * waits as {@code write} does: closing the channel or interrupting the thread ends it, and a
 * virtual thread parks. <b>Non-blocking mode.</b> {@code send} never waits: what the socket does
 * not take stays queued, and is sent by the reaper thread or by {@link #reap}. While {@link
 * #bytesUnsent} is not 0 the channel's own {@code write} would come in between, so it must not be
 * used.
 *
 * <p><b>Completions</b> are taken by the thread that sends, with each message, and their stages are
 * completed on it before {@code send} returns, while no lock is held. Those that come when nobody
 * sends are taken by a daemon thread of the library and completed on another one, the same for all
 * senders. What is hung on a stage and takes long belongs on an executor of its own, as by {@code
 * thenAcceptAsync}. A selector loop that wants completions sooner, and on its own thread, calls
 * {@link #reap} whenever a select returned. A selector on the same channel wakes up when a
 * completion arrives; it does not spin.
 *
 * <p><b>Closing.</b> A sender keeps a duplicate of the descriptor. {@link #close} does not close
 * the channel. When the channel is closed, this is noticed within 100 ms, the peer gets the end of
 * the stream, completions are waited for as long as {@code io.zerocopy.sender.lingerMillis} says
 * (5000), and then the duplicate is closed. If completions are missing then, buffers of the sender
 * are left to the kernel, other memory being put in their place; a caller's own buffers are kept
 * from being freed for ever, and counted by {@link #abandonedBytes}.
 *
 * <p>Settings: {@code io.zerocopy.sender.inFlightBytesMax} (4 MiB), {@code
 * io.zerocopy.sender.thresholdBytes} (16 KiB), {@code io.zerocopy.sender.pooledBytesMax} (16 MiB),
 * and {@code io.zerocopy.disable=msg_zerocopy}. Without the native core, and for channels that are
 * not the JDK's own, messages are copied by the channel's {@code write}; what is queued then is
 * sent by the next {@code send} or {@link #reap} only.
 *
 * <p>Thread-safe. Example:
 *
 * <pre>{@code
 * try (ZeroCopySender sender = ZeroCopySender.open(socket)) {
 *     SendBuffer message = sender.acquire(1 << 20);
 *     file.read(message.buffer());
 *     message.buffer().flip();
 *     sender.send(message);
 * }
 * }</pre>
 */
public final class ZeroCopySender implements AutoCloseable {
    private final WritableByteChannel channel;
    private final Engine engine;
    private volatile int segmentBytes;

    private ZeroCopySender(WritableByteChannel channel, Engine engine) {
        this.channel = channel;
        this.engine = engine;
    }

    /**
     * Makes a sender for a stream. A UNIX socket has no MSG_ZEROCOPY: everything is copied, and
     * {@link #whyCopying} says why.
     *
     * @param socket connected, in either mode
     * @return the sender, to be closed
     * @throws NotYetConnectedException if it is not connected
     * @throws IllegalStateException if the channel has a sender that has not ended
     * @throws UncheckedIOException if the channel is closed ({@link ClosedChannelException}), or if
     *     there is no file descriptor left
     */
    public static ZeroCopySender open(SocketChannel socket) {
        Objects.requireNonNull(socket, "socket");
        boolean isUsable = NativeCore.isAvailable();
        return open(socket, isUsable ? GuardedOutput.of(socket) : null);
    }

    /**
     * Makes a sender for datagrams: each message is one, or with {@link #setSegmentBytes} many.
     *
     * @param socket connected, in either mode
     * @return the sender, to be closed
     * @throws NotYetConnectedException if it is not connected
     * @throws IllegalStateException if the channel has a sender that has not ended
     * @throws UncheckedIOException if the channel is closed ({@link ClosedChannelException}), or if
     *     there is no file descriptor left
     */
    public static ZeroCopySender open(DatagramChannel socket) {
        Objects.requireNonNull(socket, "socket");
        boolean isUsable = NativeCore.isAvailable();
        return open(socket, isUsable ? GuardedOutput.of(socket) : null);
    }

    private static ZeroCopySender open(WritableByteChannel channel, GuardedOutput guarded) {
        try {
            Connected.check(channel);
            if (!channel.isOpen()) {
                throw new ClosedChannelException();
            }
            if (guarded != null) {
                return new ZeroCopySender(channel, NativeSender.open(guarded));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String cause =
                NativeCore.isAvailable()
                        ? channel.getClass().getName() + " is not a class of the JDK"
                        : "the native core is not loaded: " + NativeCore.unavailabilityCause();
        return new ZeroCopySender(channel, new PlainSender(channel, cause));
    }

    /**
     * Lends page-aligned memory for a message, from a pool.
     *
     * @param bytes 0 to 1 GiB
     * @return the buffer, to be sent or closed
     * @throws IllegalArgumentException if {@code bytes} is out of its range
     * @throws IllegalStateException if the sender is closed
     * @throws OutOfMemoryError if the system gives none
     */
    public SendBuffer acquire(int bytes) {
        if (bytes < 0 || bytes > PageBuffer.BYTES_MAX) {
            throw new IllegalArgumentException(
                    "bytes is " + bytes + ", not 0 to " + PageBuffer.BYTES_MAX);
        }
        if (engine.isClosed()) {
            throw new IllegalStateException("the sender is closed");
        }
        PageBuffer pages = engine.acquire(bytes);
        return new SendBuffer(this, pages, pages.view(bytes));
    }

    /**
     * Sends what is between the position and the limit of a lent buffer, which passes to the
     * sender: it goes back to the pool by itself.
     *
     * @param buffer of this sender, not sent or closed
     * @return completes when the memory is free, with what became of the message; exceptionally
     *     with the {@link IOException} that {@code write} would have thrown, a {@link
     *     ClosedChannelException} if the sender or the channel is closed, or an IOException if the
     *     completion did not come in time after that
     * @throws IllegalArgumentException if the buffer is another sender's
     * @throws IllegalStateException if it was sent or closed before
     * @throws SenderFullException in non-blocking mode, if the bound on bytes in flight is reached;
     *     the buffer is still the caller's
     */
    public CompletionStage<Completion> send(SendBuffer buffer) {
        Objects.requireNonNull(buffer, "buffer");
        if (buffer.owner() != this) {
            throw new IllegalArgumentException("buffer was acquired from another sender");
        }
        PageBuffer pages = buffer.pages();
        if (pages == null) {
            throw new IllegalStateException("buffer was sent or closed before");
        }
        CompletionStage<Completion> stage = send(buffer.buffer().duplicate(), pages);
        buffer.passOn();
        return stage;
    }

    /**
     * Sends what is between the position and the limit of a caller's own buffer, and advances its
     * position to its limit. A read-only buffer will do; so will one that is a mapped file, whose
     * pages are then read as they are when the device reads them.
     *
     * <p>The memory must not be changed before the completion, whatever this returns or throws
     * otherwise; until then it is referred to, so that it is not freed. Memory that is freed
     * explicitly, as that of a closed {@code Arena}, is the caller's care.
     *
     * @param direct a direct buffer
     * @return as {@link #send(SendBuffer)}
     * @throws IllegalArgumentException if it is a heap buffer, which the garbage collector moves
     * @throws SenderFullException in non-blocking mode, if the bound on bytes in flight is reached;
     *     the position is then where it was
     */
    public CompletionStage<Completion> send(ByteBuffer direct) {
        Objects.requireNonNull(direct, "direct");
        if (!direct.isDirect()) {
            throw new IllegalArgumentException(
                    "direct is a heap buffer (" + direct + "): only direct memory can be sent");
        }
        CompletionStage<Completion> stage = send(direct.duplicate(), null);
        direct.position(direct.limit());
        return stage;
    }

    /**
     * Takes the completions that there are, sends what is queued, and completes stages on this
     * thread. Never blocks.
     *
     * @return how many messages have ended by that
     */
    public int reap() {
        return engine.reap();
    }

    /**
     * The bytes of messages that are neither copied by the kernel nor completed.
     *
     * @return at least 0
     */
    public long bytesInFlight() {
        return engine.bytesInFlight();
    }

    /**
     * The part of {@link #bytesInFlight} that the kernel has not taken yet: in non-blocking mode,
     * what is queued.
     *
     * @return at least 0
     */
    public long bytesUnsent() {
        return engine.bytesUnsent();
    }

    /**
     * Why nothing that this sender sends is sent without a copy, in words. Some refusals are met by
     * the first message only.
     *
     * @return the cause, or null if it can be; whether it was, each {@link Completion} says
     */
    public String whyCopying() {
        return engine.whyCopying();
    }

    /**
     * Lets the kernel cut every message that is sent from now on into datagrams of this size:
     * {@code UDP_SEGMENT} of {@code udp(7)}. The last one may be shorter. One message is then up to
     * 64 KiB and 64 datagrams.
     *
     * @param bytes 1 to 65,507, or 0 for one datagram a message, as at first
     * @throws IllegalArgumentException if {@code bytes} is out of its range
     * @throws UnsupportedOperationException if this sends no datagrams, or if the native core is
     *     not used
     */
    public void setSegmentBytes(int bytes) {
        if (bytes < 0 || bytes > 65_507) {
            throw new IllegalArgumentException("bytes is " + bytes + ", not 0 to 65507");
        }
        if (!(channel instanceof DatagramChannel) || engine instanceof PlainSender) {
            throw new UnsupportedOperationException("only for datagrams in the native core");
        }
        segmentBytes = bytes;
    }

    /**
     * Ends the sender, not the channel. Takes no more messages; what is queued or in flight goes on
     * and completes as described above. Returns at once; closing it again does nothing.
     *
     * <p>What is written after this to a buffer of this sender that the kernel has taken does not
     * reach the peer. One that is still queued is read until it is sent.
     */
    @Override
    public void close() {
        engine.close();
    }

    /**
     * How many bytes of this JVM the kernel may read for ever, because senders were closed before
     * their completions came.
     *
     * @return the count since the JVM started
     */
    public static long abandonedBytes() {
        return Abandoned.bytes();
    }

    void giveBack(PageBuffer pages) {
        pages.give();
    }

    private CompletionStage<Completion> send(ByteBuffer bytes, PageBuffer pages) {
        Sent sent = new Sent();
        if (!engine.send(new Message(bytes, pages, sent), segmentBytes)) {
            throw new SenderFullException(
                    bytes.remaining(), bytesInFlight(), SenderSettings.inFlightBytesMax());
        }
        // Callers may rely on nobody else completing it.
        return sent.stage.minimalCompletionStage();
    }

    /** The end of a message becomes that of a stage. */
    private static final class Sent implements Message.Listener {
        private final CompletableFuture<Completion> stage = new CompletableFuture<>();

        @Override
        public void ended(long bytes, long zeroCopyBytes, int causes, IOException failure) {
            long copied = bytes - zeroCopyBytes;
            if (zeroCopyBytes > 0) {
                Counters.addBytes(Mechanism.MSG_ZEROCOPY.number(), zeroCopyBytes);
            }
            if (copied > 0) {
                Counters.addBytes(Mechanism.COPY.number(), copied);
            }
            if (bytes > 0) {
                boolean isCopied = copied > zeroCopyBytes;
                Counters.addTransfer((isCopied ? Mechanism.COPY : Mechanism.MSG_ZEROCOPY).number());
            }
            if (failure != null) {
                stage.completeExceptionally(failure);
            } else {
                stage.complete(new Completion(bytes, zeroCopyBytes, causes));
            }
        }
    }
}
