package io.zerocopy.cli.compare;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Sends a file to a {@link Receiver} over a connection of its own and measures the sending. */
public final class Sender implements AutoCloseable {
    private final InetSocketAddress receiver;
    private final Duration timeout;
    private final Runnable onTimeout;
    private final ScheduledExecutorService watchdog =
            Executors.newSingleThreadScheduledExecutor(Sender::daemon);

    /**
     * Makes a sender whose transfers may take {@code timeout} each.
     *
     * @param onTimeout ends the receiver: its reset wakes a thread that sleeps in any system call,
     *     which closing our own end does not do for every method on every JDK
     */
    public Sender(InetSocketAddress receiver, Duration timeout, Runnable onTimeout) {
        this.receiver = receiver;
        this.timeout = timeout;
        this.onTimeout = onTimeout;
    }

    /** The receiver throws the bytes away: for timing. */
    public Measurement sendDiscarded(Sending method, Path file) throws IOException {
        return guarded(method, file, Receiver.DISCARD);
    }

    /** The receiver computes a CRC32C: for verifying. */
    public Measurement sendChecked(Sending method, Path file) throws IOException {
        return guarded(method, file, Receiver.CHECKSUM);
    }

    @Override
    public void close() {
        watchdog.shutdownNow();
    }

    private Measurement guarded(Sending method, Path file, byte mode) throws IOException {
        AtomicBoolean late = new AtomicBoolean();
        try (SocketChannel socket = SocketChannel.open()) {
            ScheduledFuture<?> guard =
                    watchdog.schedule(
                            () -> giveUp(socket, late), timeout.toMillis(), TimeUnit.MILLISECONDS);
            try {
                return transfer(method, file, mode, socket);
            } finally {
                guard.cancel(false);
            }
        } catch (IOException failure) {
            if (late.get()) {
                throw new IOException(
                        "not finished after " + timeout.toSeconds() + " s, given up", failure);
            }
            throw failure;
        }
    }

    private Measurement transfer(Sending method, Path file, byte mode, SocketChannel socket)
            throws IOException {
        socket.connect(receiver);
        Wire.write(socket, Wire.oneByte(mode));
        if (Wire.read(socket, 1).get() != Receiver.READY) {
            throw new IOException("the receiver speaks another language");
        }
        ContextSwitches switchesBefore = ContextSwitches.ofThisThread();
        long cpuBefore = CpuClock.thisThreadNanos();
        long start = System.nanoTime();

        long sent = method.send(file, socket);
        // Pushes out a last short segment that Nagle's algorithm would hold back, as a close would.
        socket.shutdownOutput();
        Receipt receipt = Receipt.fromWire(Wire.read(socket, Receipt.WIRE_BYTES));

        long elapsed = System.nanoTime() - start;
        long cpu = CpuClock.thisThreadNanos() - cpuBefore;
        ContextSwitches switches = ContextSwitches.ofThisThread().since(switchesBefore);
        if (receipt.bytes() != sent) {
            throw new IOException(sent + " bytes sent, " + receipt.bytes() + " received");
        }
        return new Measurement(elapsed, cpu, switches, receipt);
    }

    private void giveUp(SocketChannel socket, AtomicBoolean late) {
        late.set(true);
        onTimeout.run();
        try {
            socket.close();
        } catch (IOException alreadyBroken) {
            // The sending thread sees it too.
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "transfer watchdog");
        thread.setDaemon(true);
        return thread;
    }
}
