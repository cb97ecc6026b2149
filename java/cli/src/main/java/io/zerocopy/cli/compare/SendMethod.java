package io.zerocopy.cli.compare;

import io.zerocopy.ZeroCopy;

import java.io.EOFException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The contenders: each sends one whole file down one blocking socket, opening the file itself. */
public enum SendMethod implements Sending {
    /** What most programs do, and the slow side of the classic experiment. */
    HEAP_8K("heap buffer, 8 KiB") {
        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            return copyThroughHeap(file, target, 8 * 1024);
        }
    },
    HEAP_64K("heap buffer, 64 KiB") {
        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            return copyThroughHeap(file, target, 64 * 1024);
        }
    },
    DIRECT_256K("direct buffer, 256 KiB") {
        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            return copyThroughDirect(file, target);
        }
    },
    MAPPED("mapped, 16 MiB windows") {
        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            return writeMappings(file, target);
        }
    },
    FILE_CHANNEL("FileChannel.transferTo") {
        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            return transfer(file, target, FileChannel::transferTo);
        }
    },
    ZERO_COPY("ZeroCopy.transferTo") {
        @Override
        public long send(Path file, SocketChannel target) throws IOException {
            return transfer(file, target, ZeroCopy::transferTo);
        }
    };

    private static final int DIRECT_BYTES = 256 * 1024;
    private static final long WINDOW_BYTES = 16L * 1024 * 1024;

    /** One buffer a thread, as a server would keep it: making one costs more than using it. */
    private static final ThreadLocal<ByteBuffer> DIRECT =
            ThreadLocal.withInitial(() -> AlignedBuffer.allocate(DIRECT_BYTES));

    private final String title;

    SendMethod(String title) {
        this.title = title;
    }

    /** The name in tables and charts. */
    public String title() {
        return title;
    }

    private static long copyThroughHeap(Path file, SocketChannel target, int bufferBytes)
            throws IOException {
        byte[] buffer = new byte[bufferBytes];
        long sent = 0;
        try (InputStream source = new FileInputStream(file.toFile())) {
            // Not closed here: that would close the socket, and the receiver still has to answer.
            OutputStream output = target.socket().getOutputStream();
            for (int read = source.read(buffer); read >= 0; read = source.read(buffer)) {
                output.write(buffer, 0, read);
                sent += read;
            }
        }
        return sent;
    }

    private static long copyThroughDirect(Path file, SocketChannel target) throws IOException {
        ByteBuffer buffer = DIRECT.get();
        long sent = 0;
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
            while (source.read(buffer.clear()) >= 0) {
                sent += writeFully(buffer.flip(), target);
            }
        }
        return sent;
    }

    /** A window is unmapped when its buffer is collected: another thread's time, not counted. */
    private static long writeMappings(Path file, SocketChannel target) throws IOException {
        long sent = 0;
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = source.size();
            while (sent < size) {
                long window = Math.min(WINDOW_BYTES, size - sent);
                sent += writeFully(source.map(FileChannel.MapMode.READ_ONLY, sent, window), target);
            }
        }
        return sent;
    }

    private static long transfer(Path file, SocketChannel target, Transfer method)
            throws IOException {
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = source.size();
            long sent = 0;
            while (sent < size) {
                long moved = method.transferTo(source, sent, size - sent, target);
                if (moved <= 0) {
                    throw new EOFException("the transfer stopped at byte " + sent + " of " + size);
                }
                sent += moved;
            }
            return sent;
        }
    }

    private static int writeFully(ByteBuffer buffer, SocketChannel target) throws IOException {
        int bytes = buffer.remaining();
        while (buffer.hasRemaining()) {
            target.write(buffer);
        }
        return bytes;
    }

    /** The shape that {@code FileChannel.transferTo} and {@code ZeroCopy.transferTo} share. */
    @FunctionalInterface
    private interface Transfer {
        long transferTo(FileChannel source, long position, long count, WritableByteChannel target)
                throws IOException;
    }
}
