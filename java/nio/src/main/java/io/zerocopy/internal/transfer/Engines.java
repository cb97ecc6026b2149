package io.zerocopy.internal.transfer;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;
import io.zerocopy.TransferException;
import io.zerocopy.internal.channel.EngineRequest;
import io.zerocopy.internal.core.PumpOptions;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;

/** Picks the engine for a transfer: the native one where both ends can be guarded. */
public final class Engines {
    private static final int ALL_MECHANISMS = -1;

    private Engines() {}

    /**
     * Makes the engine that serves {@code request}.
     *
     * @throws TransferException if the one mechanism that was asked for can't serve
     * @throws IOException if an end can't be looked at
     */
    public static Engine open(Request request) throws IOException {
        EngineRequest forNative = forNative(request);
        Engine engine = io.zerocopy.internal.channel.Engines.nativeFor(forNative);
        if (engine != null) {
            return engine;
        }
        String reason = io.zerocopy.internal.channel.Engines.whyNotNative(forNative);
        Mechanism only = request.mechanism();
        if (only != null && only != Mechanism.COPY) {
            throw unserved(only, reason);
        }
        return new BufferEngine(request, List.of(new Fallback(firstChoice(request), 0, reason)));
    }

    private static TransferException unserved(Mechanism only, String reason) {
        String message =
                "a transfer by "
                        + only
                        + " alone was asked for: "
                        + reason
                        + " (without mechanism() the transfer finds another way)";
        return new TransferException(message, null, 0, null, only, 0, 0, ByteBuffer.allocate(0));
    }

    /** What the native core would have begun with. */
    private static Mechanism firstChoice(Request request) {
        if (!(request.source() instanceof FileChannel)) {
            return Mechanism.SPLICE;
        }
        boolean toFile = request.target() instanceof FileChannel;
        return toFile ? Mechanism.COPY_FILE_RANGE : Mechanism.SENDFILE;
    }

    private static EngineRequest forNative(Request request) {
        long directIoAbove = request.directIoAboveBytes();
        PumpOptions options =
                new PumpOptions(
                        request.mechanism() == null
                                ? ALL_MECHANISMS
                                : 1 << request.mechanism().number(),
                        request.isStable(),
                        directIoAbove == Long.MAX_VALUE
                                ? PumpOptions.DIRECT_IO_NEVER
                                : directIoAbove,
                        request.chunkBytes(),
                        request.bytesPerSecond(),
                        noneIfEmpty(request.header()),
                        noneIfEmpty(request.trailer()));
        return new EngineRequest(
                request.source(),
                request.sourcePosition(),
                request.target(),
                request.targetPosition(),
                // The largest count means the end of the source there, and asks for no more here.
                request.count() == Request.UNSET
                        ? Long.MAX_VALUE
                        : Math.min(request.count(), Long.MAX_VALUE - 1),
                options);
    }

    private static byte[] noneIfEmpty(byte[] part) {
        return part.length == 0 ? null : part;
    }
}
