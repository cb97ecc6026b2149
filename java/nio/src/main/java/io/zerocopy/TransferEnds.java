package io.zerocopy;

import io.zerocopy.internal.channel.Connected;
import io.zerocopy.internal.core.EmptyBuffer;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The two ends of a transfer: channels of the caller's, or files that it opens and closes. */
final class TransferEnds {
    private final TransferSpec spec;
    private ReadableByteChannel source;
    private WritableByteChannel target;

    TransferEnds(TransferSpec spec) {
        this.spec = spec;
        this.source = spec.source;
        this.target = spec.target;
    }

    ReadableByteChannel source() {
        return source;
    }

    WritableByteChannel target() {
        return target;
    }

    /** Opens what is a path, and checks that both ends can be used. */
    void open() throws IOException {
        if (spec.sourcePath != null && source == null) {
            source = FileChannel.open(spec.sourcePath, StandardOpenOption.READ);
        }
        if (spec.targetPath != null && target == null) {
            checkNotSource();
            target = FileChannel.open(spec.targetPath, spec.targetOptions);
        }
        checkOpen();
        checkModes();
        Connected.check(source);
        Connected.check(target);
    }

    /** Throws if a channel is closed. */
    void checkOpen() throws ClosedChannelException {
        if (!source.isOpen() || !target.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /** Closes what was opened here. */
    void close() throws IOException {
        try {
            if (spec.sourcePath != null && source != null) {
                source.close();
            }
        } finally {
            if (spec.targetPath != null && target != null) {
                target.close();
            }
        }
    }

    /** What a transfer between these is called in messages. */
    @Override
    public String toString() {
        return "transfer from "
                + name(spec.sourcePath, source)
                + " to "
                + name(spec.targetPath, target);
    }

    private static String name(Path path, Channel channel) {
        if (path != null) {
            return path.toString();
        }
        if (channel instanceof FileChannel) {
            return "a file";
        }
        // The JDK's sockets have their addresses in their names.
        return channel instanceof SelectableChannel ? channel.toString() : nameOfClass(channel);
    }

    private static String nameOfClass(Channel channel) {
        return "a " + channel.getClass().getName();
    }

    /** Opened as a target, the file would most likely be cut to nothing. */
    private void checkNotSource() throws IOException {
        boolean isSource =
                spec.sourcePath != null
                        && Files.exists(spec.targetPath)
                        && Files.isSameFile(spec.sourcePath, spec.targetPath);
        if (isSource) {
            throw new IllegalArgumentException("to: " + spec.targetPath + " is the source itself");
        }
    }

    /** Moving 0 bytes makes files check that they are open for reading and writing. */
    private void checkModes() throws IOException {
        if (source instanceof FileChannel) {
            source.read(EmptyBuffer.get());
        }
        if (target instanceof FileChannel) {
            target.write(EmptyBuffer.get());
        }
    }
}
