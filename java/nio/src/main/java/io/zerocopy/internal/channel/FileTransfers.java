package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.NativeCore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/**
 * {@code transferTo}: checks the arguments as the newest JDK does, then hands the transfer to the
 * one that knows the target's class.
 *
 * <p>The JDK's own channels go through the native core under the JDK's own guard. Every other
 * channel, and every JDK whose channels can't be guarded, goes through a direct buffer.
 */
public final class FileTransfers {
    private FileTransfers() {}

    /** See {@link io.zerocopy.ZeroCopy#transferTo}. */
    public static long transferTo(
            FileChannel source, long position, long count, WritableByteChannel target)
            throws IOException {
        if (!source.isOpen() || !target.isOpen()) {
            throw new ClosedChannelException();
        }
        Class<?> targetClass = target.getClass();
        if (!NativeCore.isAvailable() || source.getClass() != JdkHandles.FILE) {
            return withoutCore(source, position, count, target);
        }
        if (!FileGuard.isReadable(source)) {
            throw new NonReadableChannelException();
        }
        if (targetClass == JdkHandles.FILE && !FileGuard.isWritable((FileChannel) target)) {
            throw new NonWritableChannelException();
        }
        checkNotNegative(position, count);
        if (targetClass == JdkHandles.SOCKET) {
            SocketChannel socket = (SocketChannel) target;
            return SelectableTransfer.transfer(
                    source, position, count, socket, SocketWriteGuard.INSTANCE);
        }
        if (targetClass == JdkHandles.PIPE) {
            Pipe.SinkChannel pipe = (Pipe.SinkChannel) target;
            return SelectableTransfer.transfer(
                    source, position, count, pipe, PipeWriteGuard.INSTANCE);
        }
        if (targetClass == JdkHandles.FILE) {
            return FileToFileTransfer.transfer(source, position, count, (FileChannel) target);
        }
        return BufferTransfer.transfer(source, position, count, target);
    }

    private static long withoutCore(
            FileChannel source, long position, long count, WritableByteChannel target)
            throws IOException {
        checkModes(source, target);
        checkNotNegative(position, count);
        if (target instanceof SocketChannel && JdkTransfer.serves(source)) {
            return JdkTransfer.toSocket(source, position, count, (SocketChannel) target);
        }
        return BufferTransfer.transfer(source, position, count, target);
    }

    /**
     * Moving 0 bytes makes the channels check that they are open for reading and writing. An
     * interrupt is put off meanwhile: the JDK looks for it last.
     */
    private static void checkModes(FileChannel source, WritableByteChannel target)
            throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            source.read(ByteBuffer.allocate(0), 0);
            if (target instanceof FileChannel) {
                target.write(ByteBuffer.allocate(0));
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void checkNotNegative(long position, long count) {
        if (position < 0 || count < 0) {
            throw new IllegalArgumentException();
        }
    }
}
