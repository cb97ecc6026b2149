package io.zerocopy;

import io.zerocopy.internal.transfer.Request;

import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What {@link Transfer.Builder} has been told; {@link Request#UNSET} and null for nothing. Each end
 * is a channel or a path, and the other of the two is null.
 */
final class TransferSpec implements Cloneable {
    private static final byte[] NO_BYTES = {};

    final ReadableByteChannel source;
    final Path sourcePath;
    long sourcePosition = Request.UNSET;
    WritableByteChannel target;
    Path targetPath;
    Set<OpenOption> targetOptions;
    long targetPosition = Request.UNSET;
    long count = Request.UNSET;
    byte[] header = NO_BYTES;
    byte[] trailer = NO_BYTES;
    Mechanism mechanism;
    long chunkBytes = Request.UNSET;
    long bytesPerSecond = Request.UNSET;
    Duration timeout;
    Duration idleTimeout;
    Consumer<? super Progress> onProgress;
    boolean isStable;
    DirectIo directIo = DirectIo.auto();

    TransferSpec(ReadableByteChannel source, Path sourcePath) {
        assert (source == null) != (sourcePath == null) : sourcePath;
        this.source = source;
        this.sourcePath = sourcePath;
    }

    /** Replaces the target. */
    void target(WritableByteChannel channel, Path path, long position, Set<OpenOption> options) {
        assert (channel == null) != (path == null) : path;
        target = channel;
        targetPath = path;
        targetPosition = position;
        targetOptions = options;
    }

    /** What of it can be checked without touching the ends; returns a copy that stays as it is. */
    TransferSpec checked() {
        if (target == null && targetPath == null) {
            throw new IllegalStateException("there is no target: call to(...)");
        }
        TransferChecks.notSame(
                source == null ? sourcePath : source, target == null ? targetPath : target);
        if (mechanism != null) {
            boolean fromFile = source == null || source instanceof FileChannel;
            boolean toFile = target == null || target instanceof FileChannel;
            TransferChecks.mechanism(mechanism, fromFile, toFile, isStable);
        }
        try {
            return (TransferSpec) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    /** What an engine is asked for, once the ends are open. */
    Request request(TransferEnds ends) {
        return new Request(
                ends.source(),
                sourcePosition,
                ends.target(),
                targetPosition,
                count,
                header,
                trailer,
                mechanism,
                chunkBytes,
                bytesPerSecond,
                isStable,
                directIo.aboveBytes());
    }

    /** The count that was asked for, where one was. */
    OptionalLong askedBytes() {
        return count == Request.UNSET ? OptionalLong.empty() : OptionalLong.of(count);
    }
}
