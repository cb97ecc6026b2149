package io.zerocopy.bench.sender;

import io.zerocopy.ZeroCopy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.Locale;

/** The ways in Java to send the first bytes of a file down a connection. */
public enum SendMethod {
    /** The classic loop that zero copy is compared with. */
    HEAP("heap copy, 8 KiB") {
        @Override
        public Sending open() {
            return new Copying(ByteBuffer.allocate(HEAP_BUFFER_BYTES));
        }
    },
    /** What a careful programmer writes for small files: the least that Java needs. */
    PREAD("pread + write, direct 64 KiB") {
        @Override
        public Sending open() {
            return new Copying(ByteBuffer.allocateDirect(DIRECT_BUFFER_BYTES));
        }
    },
    /** The JDK's own zero copy. */
    JDK("FileChannel.transferTo") {
        @Override
        public Sending open() {
            return SendMethod::byJdk;
        }
    },
    /** What this project is about. */
    ZEROCOPY("ZeroCopy.transferTo") {
        @Override
        public Sending open() {
            return SendMethod::byZeroCopy;
        }
    };

    private static final int HEAP_BUFFER_BYTES = 8 << 10;
    private static final int DIRECT_BUFFER_BYTES = 64 << 10;

    private final String title;

    SendMethod(String title) {
        this.title = title;
    }

    /** Sends; keeps what it wants to reuse for the next time. For one thread. */
    public interface Sending {
        /** Sends the first {@code bytes} of the file, all of them. */
        void send(FileChannel file, long bytes, SocketChannel target) throws IOException;
    }

    /** A new sender with its own buffer. */
    public abstract Sending open();

    /** The name in reports. */
    public String title() {
        return title;
    }

    /** The name in commands and parameters. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The method with this {@link #word}. */
    public static SendMethod of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static void byJdk(FileChannel file, long bytes, SocketChannel target)
            throws IOException {
        for (long sent = 0; sent < bytes; ) {
            sent += checked(file.transferTo(sent, bytes - sent, target));
        }
    }

    private static void byZeroCopy(FileChannel file, long bytes, SocketChannel target)
            throws IOException {
        for (long sent = 0; sent < bytes; ) {
            sent += checked(ZeroCopy.transferTo(file, sent, bytes - sent, target));
        }
    }

    private static long checked(long moved) throws EOFException {
        if (moved <= 0) {
            throw new EOFException("the file ended before the transfer did");
        }
        return moved;
    }

    private static final class Copying implements Sending {
        private final ByteBuffer buffer;

        Copying(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public void send(FileChannel file, long bytes, SocketChannel target) throws IOException {
            for (long sent = 0; sent < bytes; ) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), bytes - sent));
                sent += checked(file.read(buffer, sent));
                buffer.flip();
                while (buffer.hasRemaining()) {
                    target.write(buffer);
                }
            }
        }
    }
}
