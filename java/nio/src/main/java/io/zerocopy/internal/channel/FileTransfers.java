package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.PumpOptions;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/**
 * {@code transferTo} and {@code transferFrom}: check the arguments as the newest JDK does, then
 * hand the transfer to the one that knows the other channel's class.
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
        Modes.checkReadable(source);
        // The JDK looks at a file of another class only when it writes it.
        if (JdkClasses.isFile(target)) {
            Modes.checkWritable(target);
        }
        checkNotNegative(position, count);
        if (!NativeCore.isAvailable() || source.getClass() != JdkHandles.FILE) {
            return withoutCore(source, position, count, target);
        }
        Class<?> targetClass = target.getClass();
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
        if (JdkTransfer.serves(source, target)) {
            return JdkTransfer.toSocket(source, position, count, (SocketChannel) target);
        }
        return BufferTransfer.transfer(source, position, count, target);
    }

    /** See {@link io.zerocopy.ZeroCopy#transferFrom}. */
    public static long transferFrom(
            FileChannel target, ReadableByteChannel source, long position, long count)
            throws IOException {
        if (!target.isOpen() || !source.isOpen()) {
            throw new ClosedChannelException();
        }
        // The JDK looks at a file of another class only when it reads it.
        boolean isJdkFile = JdkClasses.isFile(source);
        if (isJdkFile) {
            Modes.checkReadable(source);
        }
        Modes.checkWritable(target);
        checkNotNegative(position, count);
        if (count == 0 && !isJdkFile) {
            // As the JDK, which does not look at the source at all then.
            return 0;
        }
        if (!isJdkFile) {
            Modes.checkReadable(source);
        }
        if (NativeCore.isAvailable() && !isInputShutDown(source)) {
            checkConnected(source, target);
            NativeEngine engine =
                    Engines.engineFor(
                            new EngineRequest(
                                    source,
                                    EngineRequest.OWN_POSITION,
                                    target,
                                    position,
                                    count,
                                    PumpOptions.DEFAULT));
            if (engine != null) {
                return EngineTransfer.transferFrom(engine);
            }
        }
        return BufferCopy.transferFrom(target, source, position, count);
    }

    /** The JDK does not ask the kernel then, which might still have bytes. Its own read says so. */
    private static boolean isInputShutDown(ReadableByteChannel source) {
        return source.getClass() == JdkHandles.SOCKET
                && SocketReadGuard.isInputShutDown((SocketChannel) source);
    }

    /** The JDK looks for this before it looks for an interrupt. */
    private static void checkConnected(ReadableByteChannel source, FileChannel target)
            throws IOException {
        if (source.getClass() == JdkHandles.SOCKET) {
            try {
                Connected.check(source);
            } catch (ClosedChannelException e) {
                throw Closed.duringTransfer(e, source, target);
            }
        }
    }

    private static void checkNotNegative(long position, long count) {
        if (position < 0 || count < 0) {
            throw new IllegalArgumentException();
        }
    }
}
