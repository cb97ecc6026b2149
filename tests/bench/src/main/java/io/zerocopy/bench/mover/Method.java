package io.zerocopy.bench.mover;

import io.zerocopy.ZeroCopy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.util.Locale;
import java.util.function.Supplier;

/** The ways in Java to move bytes. Which of them serves which ends, the rows say. */
public enum Method {
    /** The classic loop that zero copy is compared with. */
    COPY_8K_HEAP("heap copy, 8 KiB", () -> new CopyLoop(ByteBuffer.allocate(8 << 10))),
    /** What a careful programmer writes: the least that Java needs. */
    COPY_64K("direct copy, 64 KiB", () -> new CopyLoop(ByteBuffer.allocateDirect(64 << 10))),
    /** The same with fewer, larger calls. */
    COPY_256K("direct copy, 256 KiB", () -> new CopyLoop(ByteBuffer.allocateDirect(256 << 10))),
    /** The same with as much as the largest pipe holds. */
    COPY_1M("direct copy, 1 MiB", () -> new CopyLoop(ByteBuffer.allocateDirect(1 << 20))),
    /** The JDK's own zero copy. */
    JDK_TRANSFER_TO("FileChannel.transferTo", () -> Method::byJdkTransferTo),
    /** The JDK's way into a file. */
    JDK_TRANSFER_FROM("FileChannel.transferFrom", () -> Method::byJdkTransferFrom),
    /** Memory as it is, 256 KiB at a time: the kernel copies it. */
    JDK_WRITE("SocketChannel.write, 256 KiB", () -> Method::byJdkWrite),
    /** This library in the place of the JDK. */
    ZC_TRANSFER_TO("ZeroCopy.transferTo", () -> Method::byZeroCopyTransferTo),
    /** The same for a file that is written. */
    ZC_TRANSFER_FROM("ZeroCopy.transferFrom", () -> Method::byZeroCopyTransferFrom),
    /** From one stream to another, for which the JDK has nothing. */
    ZC_COPY("ZeroCopy.copy", () -> Method::byZeroCopyCopy),
    /** Memory that is lent to the kernel, 256 KiB at a time. */
    ZC_SEND("ZeroCopySender.send, 256 KiB", () -> OurSends::send),
    /** This library between any two ends, as it chooses. */
    ZC_TRANSFER("Transfer", () -> OurTransfers::byDefault),
    /** The same by sendfile, whatever it would choose. */
    ZC_SENDFILE("Transfer, SENDFILE", () -> OurTransfers::bySendfile),
    /** The same, reading past the page cache where that is better. */
    ZC_DIRECT_IO("Transfer, directIo auto", () -> OurTransfers::byDirectIo);

    private static final String PREFIX_OF_OURS = "ZC_";

    /** Also those of the C program. */
    static final int SEND_BYTES = 256 << 10;

    private final String title;
    private final Supplier<Moving> moving;

    Method(String title, Supplier<Moving> moving) {
        this.title = title;
        this.moving = moving;
    }

    /** Moves; keeps what it wants to reuse for the next time. For one thread. */
    public interface Moving {
        /** Moves so many bytes, all of them: the first ones of a file, to its beginning. */
        void move(Source source, Target target, long bytes) throws IOException;
    }

    /** A new mover with its own buffer. */
    public Moving open() {
        return moving.get();
    }

    /** The name in reports. */
    public String title() {
        return title;
    }

    /** The name in commands and parameters. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it is this project's. */
    public boolean isOurs() {
        return name().startsWith(PREFIX_OF_OURS);
    }

    /** The method with this {@link #word}. */
    public static Method of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** What was moved, which has to be something. */
    static long checked(long moved) throws EOFException {
        if (moved <= 0) {
            throw new EOFException("the source ended before the transfer did");
        }
        return moved;
    }

    private static void byJdkTransferTo(Source source, Target target, long bytes)
            throws IOException {
        FileChannel file = (FileChannel) source.channel();
        for (long moved = 0; moved < bytes; ) {
            moved += checked(file.transferTo(moved, bytes - moved, target.channel()));
        }
    }

    private static void byJdkTransferFrom(Source source, Target target, long bytes)
            throws IOException {
        FileChannel file = (FileChannel) target.channel();
        for (long moved = 0; moved < bytes; ) {
            moved += checked(file.transferFrom(source.channel(), moved, bytes - moved));
        }
    }

    private static void byJdkWrite(Source source, Target target, long bytes) throws IOException {
        SocketChannel socket = (SocketChannel) target.channel();
        for (long moved = 0; moved < bytes; ) {
            long bytesMax = Math.min(SEND_BYTES, bytes - moved);
            moved += checked(socket.write(((MemorySource) source).piece(moved, bytesMax)));
        }
    }

    private static void byZeroCopyTransferTo(Source source, Target target, long bytes)
            throws IOException {
        FileChannel file = (FileChannel) source.channel();
        for (long moved = 0; moved < bytes; ) {
            moved += checked(ZeroCopy.transferTo(file, moved, bytes - moved, target.channel()));
        }
    }

    private static void byZeroCopyTransferFrom(Source source, Target target, long bytes)
            throws IOException {
        FileChannel file = (FileChannel) target.channel();
        for (long moved = 0; moved < bytes; ) {
            moved += checked(ZeroCopy.transferFrom(file, source.channel(), moved, bytes - moved));
        }
    }

    private static void byZeroCopyCopy(Source source, Target target, long bytes)
            throws IOException {
        for (long moved = 0; moved < bytes; ) {
            moved += checked(ZeroCopy.copy(source.channel(), target.channel(), bytes - moved));
        }
    }
}
