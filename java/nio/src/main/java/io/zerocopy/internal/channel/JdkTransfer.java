package io.zerocopy.internal.channel;

import io.zerocopy.Mechanism;
import io.zerocopy.internal.core.Counters;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;

/**
 * From a file to a socket without the native core: the JDK's own {@code transferTo}, with what the
 * newest JDK does added where an older one does not.
 *
 * <p>Never used for a file as target: on JDK 17 one target opened for appending makes all later
 * transfers of the JVM slow. Never on a virtual thread: it would pin its carrier.
 */
final class JdkTransfer {
    private JdkTransfer() {}

    /** Whether both are of the JDK itself, and this thread may block in its transferTo. */
    static boolean serves(FileChannel source, WritableByteChannel target) {
        return JdkClasses.isFile(source)
                && JdkClasses.isSocket(target)
                && !VirtualThreads.isCurrent();
    }

    static long toSocket(FileChannel source, long position, long count, SocketChannel target)
            throws IOException {
        long size;
        try {
            size = source.size();
            if (size > 0 && position > size) {
                return 0;
            }
            if (size > 0 && target.isOpen()) {
                checkWritable(target);
            }
        } catch (ClosedChannelException e) {
            throw Closed.duringTransfer(e, source, target);
        }
        if (size == 0) {
            return BufferTransfer.transfer(source, position, count, target);
        }
        return run(source, position, Math.min(count, size - position), target);
    }

    /** As JDK 25 does before its system call, where JDK 17 has a broken pipe. */
    private static void checkWritable(SocketChannel target) throws IOException {
        Connected.check(target);
        boolean isUnix = target.getRemoteAddress() instanceof UnixDomainSocketAddress;
        if (!isUnix && target.socket().isOutputShutdown()) {
            throw new ClosedChannelException();
        }
    }

    private static long run(FileChannel source, long position, long count, SocketChannel target)
            throws IOException {
        long moved = 0;
        try {
            long step;
            // Ends: each turn moves bytes of a finite count or leaves.
            do {
                step = source.transferTo(position + moved, count - moved, target);
                moved += step;
            } while (step > 0 && moved < count && target.isBlocking());
        } catch (ClosedByInterruptException e) {
            throw Closed.duringTransfer(e, source, target);
        } catch (IOException e) {
            if (moved == 0) {
                throw e;
            }
            return counted(moved);
        }
        counted(moved);
        if (moved < count && target.isBlocking() && source.isOpen() && target.isOpen()) {
            // The JDK's transferTo returns 0 for ever on a channel that a virtual thread has used.
            moved += BufferTransfer.transfer(source, position + moved, count - moved, target);
        }
        return moved;
    }

    private static long counted(long moved) {
        Counters.addTransfer(Mechanism.JDK, moved);
        return moved;
    }
}
