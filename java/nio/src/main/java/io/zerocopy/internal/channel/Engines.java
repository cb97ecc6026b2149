package io.zerocopy.internal.channel;

import io.zerocopy.Mechanism;
import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.Settings;
import io.zerocopy.internal.transfer.Engine;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/** Makes the engine for two channels, where the native core can serve them under their guard. */
public final class Engines {
    private Engines() {}

    /**
     * The native engine for a request.
     *
     * @return the engine, or null where {@link #whyNotNative} has a reason
     * @throws java.nio.channels.ClosedChannelException if a file is closed
     * @throws IOException if a file can't be looked at
     */
    public static Engine nativeFor(EngineRequest request) throws IOException {
        return engineFor(request);
    }

    /**
     * Why the native core can't serve a request, in words.
     *
     * @return the reason, or null if it can
     * @throws java.nio.channels.ClosedChannelException if a file is closed
     * @throws IOException if a file can't be looked at
     */
    public static String whyNotNative(EngineRequest request) throws IOException {
        if (!NativeCore.isAvailable()) {
            return "the native core is not loaded: "
                    + NativeCore.unavailabilityCause().getMessage();
        }
        GuardedEnd source = source(request);
        GuardedEnd target = target(request);
        if (source == null) {
            return unguarded(request.source());
        }
        if (target == null) {
            return unguarded(request.target());
        }
        return isServed(request, source, target)
                ? null
                : "every mechanism that could serve is disabled by -D" + Settings.DISABLE;
    }

    static NativeEngine engineFor(EngineRequest request) throws IOException {
        if (!NativeCore.isAvailable()) {
            return null;
        }
        GuardedEnd source = source(request);
        GuardedEnd target = target(request);
        if (source == null || target == null || !isServed(request, source, target)) {
            return null;
        }
        return new NativeEngine(source, target, request);
    }

    private static GuardedEnd source(EngineRequest request) throws IOException {
        ReadableByteChannel source = request.source();
        Class<?> type = source.getClass();
        if (type == JdkHandles.FILE) {
            return regular(new FileEnd((FileChannel) source, false, request.sourceOffset()));
        }
        if (type == JdkHandles.SOCKET) {
            return new SelectableEnd<>((SocketChannel) source, SocketReadGuard.INSTANCE);
        }
        if (type == JdkHandles.PIPE_SOURCE) {
            return new SelectableEnd<>((Pipe.SourceChannel) source, PipeReadGuard.INSTANCE);
        }
        return null;
    }

    private static GuardedEnd target(EngineRequest request) throws IOException {
        WritableByteChannel target = request.target();
        Class<?> type = target.getClass();
        if (type == JdkHandles.FILE) {
            return regular(new FileEnd((FileChannel) target, true, request.targetOffset()));
        }
        if (type == JdkHandles.SOCKET) {
            return new SelectableEnd<>((SocketChannel) target, SocketWriteGuard.INSTANCE);
        }
        if (type == JdkHandles.PIPE) {
            return new SelectableEnd<>((Pipe.SinkChannel) target, PipeWriteGuard.INSTANCE);
        }
        return null;
    }

    private static FileEnd regular(FileEnd end) throws IOException {
        return end.isRegular() ? end : null;
    }

    /** What every plan of the core has at least one of. */
    private static boolean isServed(EngineRequest request, GuardedEnd source, GuardedEnd target) {
        Mechanism inKernel = Mechanism.SPLICE;
        if (source.isFile()) {
            boolean hasOffset = request.targetOffset() != EngineRequest.OWN_POSITION;
            inKernel = hasOffset ? Mechanism.COPY_FILE_RANGE : Mechanism.SENDFILE;
        }
        int bits = 1 << inKernel.number() | 1 << Mechanism.COPY.number();
        return (bits & Settings.allowedMechanismBits()) != 0;
    }

    private static String unguarded(Channel channel) {
        return "a " + channel.getClass().getName() + " can't be guarded, or is no regular file";
    }
}
