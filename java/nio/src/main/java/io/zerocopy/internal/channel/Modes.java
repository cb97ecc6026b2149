package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.EmptyBuffer;
import io.zerocopy.internal.core.NativeCore;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;

/** Whether files are open for reading and for writing, of whatever class they are. */
final class Modes {
    private Modes() {}

    /**
     * Checks a source.
     *
     * @throws NonReadableChannelException if it is a file that is not open for reading
     */
    static void checkReadable(Channel source) throws IOException {
        if (isGuarded(source)) {
            if (!FileGuard.isReadable((FileChannel) source)) {
                throw new NonReadableChannelException();
            }
        } else if (source instanceof FileChannel) {
            withoutInterrupt(() -> ((FileChannel) source).read(EmptyBuffer.get()));
        }
    }

    /**
     * Checks a target.
     *
     * @throws NonWritableChannelException if it is a file that is not open for writing
     */
    static void checkWritable(Channel target) throws IOException {
        if (isGuarded(target)) {
            if (!FileGuard.isWritable((FileChannel) target)) {
                throw new NonWritableChannelException();
            }
        } else if (target instanceof FileChannel) {
            withoutInterrupt(() -> ((FileChannel) target).write(EmptyBuffer.get()));
        }
    }

    private static boolean isGuarded(Channel channel) {
        return NativeCore.isAvailable() && channel.getClass() == JdkHandles.FILE;
    }

    /**
     * Moving 0 bytes makes a channel check how it is open. An interrupt is put off meanwhile: the
     * JDK looks for it last.
     */
    private static void withoutInterrupt(Move move) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            move.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @FunctionalInterface
    private interface Move {
        int run() throws IOException;
    }
}
