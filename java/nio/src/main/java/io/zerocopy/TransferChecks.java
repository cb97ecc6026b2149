package io.zerocopy;

import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The checks of {@link Transfer.Builder}: each names the argument, its value and what is wrong. */
final class TransferChecks {
    private TransferChecks() {}

    static long notNegative(String name, long value) {
        check(value >= 0, name, value, "is negative");
        return value;
    }

    static long positive(String name, long value) {
        check(value > 0, name, value, "is less than 1");
        return value;
    }

    static Duration positive(String name, Duration value) {
        boolean isPositive = !value.isNegative() && !value.isZero();
        check(isPositive, name, value, "is not longer than zero");
        return value;
    }

    /** A position makes sense in a file only. */
    static void filePosition(long value, Channel channel) {
        check(
                channel == null || channel instanceof FileChannel,
                "position",
                value,
                "needs a file as source, and this is a " + nameOf(channel));
    }

    /** The bytes of all buffers, which are left as they are. */
    static byte[] copy(String name, ByteBuffer... buffers) {
        long bytes = Arrays.stream(buffers).mapToLong(ByteBuffer::remaining).sum();
        check(bytes <= Integer.MAX_VALUE - 8, name, bytes, "bytes are 2 GiB or more");
        ByteBuffer all = ByteBuffer.allocate((int) bytes);
        for (ByteBuffer buffer : buffers) {
            all.put(buffer.duplicate());
        }
        return all.array();
    }

    /** The options as {@link java.nio.file.Files#newOutputStream} takes them. */
    static Set<OpenOption> writing(OpenOption... options) {
        if (options.length == 0) {
            return Set.of(
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
        }
        Set<OpenOption> all = new LinkedHashSet<>(List.of(options));
        check(!all.contains(StandardOpenOption.READ), "options", all, "has READ");
        all.add(StandardOpenOption.WRITE);
        return all;
    }

    /** The two directions of a socket are two streams: from one to the other is an echo. */
    static void notSame(Object source, Object target) {
        boolean isEcho = source instanceof SocketChannel;
        check(isEcho || !source.equals(target), "to", target, "is the source itself");
    }

    /**
     * Refuses what no pair of ends of these kinds can be served by; what only trying can tell, the
     * run finds out.
     */
    static void mechanism(Mechanism mechanism, boolean fromFile, boolean toFile, boolean stable) {
        String problem = null;
        switch (mechanism) {
            case MSG_ZEROCOPY:
                problem = "sends memory, not channels: use ZeroCopySender";
                break;
            case JDK:
                problem = "is FileChannel.transferTo itself: call that";
                break;
            case SENDFILE:
            case MAPPED:
            case DIRECT_IO:
                problem = fromFile ? null : "needs a file as source";
                break;
            case COPY_FILE_RANGE:
                problem = fromFile && toFile ? null : "needs a file at both ends";
                break;
            default:
                break;
        }
        if (problem == null && stable && sharesPages(mechanism) && !toFile) {
            problem = "shares pages with the peer, which stable(true) forbids";
        }
        check(problem == null, "mechanism", mechanism, problem);
    }

    private static boolean sharesPages(Mechanism mechanism) {
        return mechanism == Mechanism.SENDFILE || mechanism == Mechanism.SPLICE;
    }

    private static String nameOf(Channel channel) {
        return channel == null ? "path" : channel.getClass().getName();
    }

    private static void check(boolean isRight, String name, Object value, String problem) {
        if (!isRight) {
            throw new IllegalArgumentException(name + ": " + value + " " + problem);
        }
    }
}
