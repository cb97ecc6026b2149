package io.zerocopy.differential;

/** What scenarios are made of. */
final class Dimensions {
    private Dimensions() {}

    enum Operation {
        TRANSFER_TO,
        TRANSFER_FROM
    }

    /** What class a file has, and where it lies. */
    enum FileKind {
        DISK,
        /** On tmpfs. */
        MEMORY,
        /** A subclass of FileChannel that is not the JDK's. */
        OWN_CLASS,
        /** In the JDK's file system for archives, whose channels have a class of their own. */
        ZIP,
        /** Its size is said to be 0. */
        PROC,
        /** A device that takes nothing. */
        FULL_DEVICE
    }

    enum Content {
        PATTERN,
        EMPTY,
        SPARSE
    }

    enum FileState {
        OPEN,
        READ_WRITE,
        /** The channel's position is inside of the file. */
        MIDDLE,
        /** The channel's position is past the end of the file. */
        PAST_END,
        APPEND,
        /** Open for the other direction only. */
        WRONG_MODE,
        CLOSED
    }

    /** The channels that are not files. */
    enum ChannelKind {
        TCP,
        UNIX,
        PIPE,
        DATAGRAM,
        /** Made by Channels.newChannel. */
        STREAM,
        /** A class around a socket, as those are that encrypt. */
        WRAPPER,
        /** A SocketChannel of a SelectorProvider that is not the JDK's. */
        PROVIDER,
        /** The argument is null. */
        NULL
    }

    enum ChannelState {
        /** Connected; a source has bytes, and more may come. */
        OPEN,
        /** A source that has bytes and ends after them. */
        ENDED,
        CLOSED,
        /** This direction was shut down here. */
        SHUT_DOWN,
        UNCONNECTED,
        RESET,
        PEER_CLOSED,
        /** A target that takes nothing at the moment. */
        FULL,
        /** A source that has nothing at the moment. */
        NOTHING_YET,
        /** Open, and a virtual thread has used it. */
        USED_BY_VIRTUAL,
        /** Moves some bytes, then throws what a channel may throw. */
        FAILING,
        /** Moves less at once than it is asked to. */
        SHORT,
        /** Moves nothing. */
        IDLE,
        /** Throws what no channel should throw. */
        BROKEN
    }

    enum Mode {
        BLOCKING,
        NON_BLOCKING,
        /** In non-blocking mode, with a selector. */
        REGISTERED
    }

    /** A position in the file that the method belongs to. */
    enum Position {
        ZERO,
        INSIDE,
        AT_SIZE,
        PAST_SIZE,
        HUGE,
        NEGATIVE,
        LEAST;

        boolean isValid() {
            return compareTo(NEGATIVE) < 0;
        }

        long in(FileEnd file) {
            long size = file.size();
            return switch (this) {
                case ZERO -> 0;
                case INSIDE -> size / 3 | 1;
                case AT_SIZE -> size;
                case PAST_SIZE -> size + 1000;
                case HUGE -> Long.MAX_VALUE;
                case NEGATIVE -> -1;
                case LEAST -> Long.MIN_VALUE;
            };
        }
    }

    enum Count {
        ZERO(0),
        FEW(100),
        /** More than the JDK's buffer has, and not all. */
        HALF(FileEnd.SIZE / 2),
        ALL(FileEnd.SIZE),
        MORE(FileEnd.SIZE + 5000),
        HUGE(Long.MAX_VALUE),
        NEGATIVE(-1),
        LEAST(Long.MIN_VALUE);

        final long value;

        Count(long value) {
            this.value = value;
        }

        boolean isValid() {
            return value >= 0;
        }
    }

    enum Interrupt {
        NO,
        /** The status is set when the call begins. */
        BEFORE
    }
}
