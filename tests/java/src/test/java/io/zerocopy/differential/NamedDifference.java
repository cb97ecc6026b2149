package io.zerocopy.differential;

import io.zerocopy.TransferException;
import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.FileKind;
import io.zerocopy.differential.Dimensions.Mode;
import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.differential.WaitingScenario.Event;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where an answer is meant to differ from the newest JDK's. The table in the README has the same
 * rows, which a test compares.
 */
enum NamedDifference {
    /** The JDK stops at 2 GiB - 4 KiB, at 8 MiB into a pipe, and at what a pipe takes at once. */
    BLOCKING_TRANSFERS_ARE_NOT_CUT("A transfer to a blocking target is not cut") {
        @Override
        boolean explains(Case of, Answer jdk, Answer ours) {
            return isCut(of, jdk, ours, false) || jdk.result().equals(WaitingStage.DOES_NOT_WAIT);
        }
    },
    /** Its descriptor is in non-blocking mode for good. */
    NEVER_ZERO_AFTER_A_VIRTUAL_THREAD(
            "Never 0 before the end because a virtual thread has used the channel",
            Where.WITH_VIRTUAL_THREADS) {
        @Override
        boolean explains(Case of, Answer jdk, Answer ours) {
            return isCut(of, jdk, ours, true);
        }
    },
    /** For the JDK each is past the end, which it takes to be at 0. */
    PROC_IS_READ_FROM_ANY_POSITION("A file of procfs can be read from any position") {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            return of.isTransferTo()
                    && of.file().kind() == FileKind.PROC
                    && of.position() > 0
                    && jdk.result().equals("0");
        }
    },
    /** Seen while it waits, and the JDK's sleeps on then for most of what happens. */
    VIRTUAL_THREADS_ARE_NOT_PINNED(
            "A virtual thread that waits for a socket or pipe does not pin its carrier",
            Where.WITH_VIRTUAL_THREADS) {
        @Override
        boolean explains(WaitingScenario of, Answer jdk, Answer ours) {
            return of.thread() == ThreadKind.VIRTUAL
                    && jdk.content().equals(WaitingStage.PINNED)
                    && ours.content().equals(WaitingStage.WAITS);
        }
    },
    /** The JDK's sleeps on when the file that it writes, or reads for a pipe, is closed. */
    CLOSING_EITHER_END_WAKES("Closing either end wakes a blocked transfer", Where.WITH_THE_CORE) {
        @Override
        boolean explains(WaitingScenario of, Answer jdk, Answer ours) {
            return of.event() == Event.CLOSE_FILE
                    && jdk.result().equals(WaitingStage.SLEEPS_ON)
                    && jdk.content().equals(WaitingStage.WAITS)
                    && !ours.result().equals(WaitingStage.SLEEPS_ON);
        }
    },
    /** The JDK drops them, and leaves a file behind them. */
    NOTHING_IS_LOST(
            "Bytes that were taken from a source and can't be written are in a `TransferException`,"
                    + " or a file that is the source goes back") {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            boolean isInException =
                    jdk.isThrown(IOException.class) && ours.isThrown(TransferException.class);
            boolean isSuppressed =
                    jdk.isThrown(ClosedByInterruptException.class)
                            && ours.result().equals(jdk.result() + " + Transfer(interrupted)");
            boolean isBack =
                    of.otherFile() != null
                            && jdk.isThrown(IOException.class)
                            && ours.result().equals(jdk.result())
                            && !ours.other().equals(jdk.other());
            return !of.isTransferTo() && (isInException || isSuppressed || isBack);
        }
    },
    /** After progress the JDK returns a count, which may be too small, and leaves the file open. */
    AN_INTERRUPT_CLOSES_BOTH(
            "An interrupt while `transferFrom` waits always closes both channels and is thrown") {
        @Override
        boolean explains(WaitingScenario of, Answer jdk, Answer ours) {
            return of.operation() == Operation.TRANSFER_FROM
                    && of.event() == Event.INTERRUPT
                    && of.hasMoved()
                    && ours.isThrown(ClosedByInterruptException.class);
        }
    },
    /** The JDK closes both, and loses what it has read. */
    WHAT_DOES_NOT_WAIT_IS_NOT_INTERRUPTED(
            "A non-blocking `transferFrom` on an interrupted thread returns its count and keeps the"
                    + " status",
            Where.WITH_THE_CORE) {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            return !of.isTransferTo()
                    && of.isInterrupted()
                    && of.channel() != null
                    && of.channel().isStreaming()
                    && of.channel().mode() != Mode.BLOCKING
                    && jdk.isThrown(ClosedByInterruptException.class)
                    && ours.isCount()
                    && ours.interrupted();
        }
    },
    /** The JDK cuts them to its buffer of 8 KiB and drops the rest. */
    DATAGRAMS_ARE_TAKEN_WHOLE("`transferFrom` takes large datagrams as a whole") {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            return !of.isTransferTo()
                    && of.isChannel(ChannelKind.DATAGRAM, ChannelState.OPEN)
                    && jdk.isCount()
                    && ours.isCount()
                    && jdk.count() < ours.count();
        }
    },
    /**
     * The JDK's have 8 KiB. What such a channel takes of a piece before it throws, nobody knows.
     */
    FOREIGN_CHANNELS_GET_LARGER_PIECES(
            "A target that is not the JDK's own gets pieces of 64 KiB, so that one which throws in"
                    + " the middle of a piece may have got more than was counted") {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            return of.isTransferTo()
                    && of.isChannel(ChannelKind.STREAM, ChannelState.FAILING)
                    && jdk.isCount()
                    && ours.isThrown(IOException.class);
        }
    },
    /** The system has several texts for it, and the JDK asks even for nothing. */
    NO_FILE_REACHES_THE_LAST_OFFSET(
            "At offset 2^63 - 1 `transferFrom` a file says `File too large`, or returns 0 where"
                    + " there is nothing to write") {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            return !of.isTransferTo()
                    && of.position() == Long.MAX_VALUE
                    && of.otherFile() != null
                    && jdk.isThrown(IOException.class)
                    && (ours.result().equals("0") || ours.isThrown(IOException.class))
                    && !ours.result().equals(jdk.result());
        }
    },
    /** Nothing that is public wakes it there. */
    ALONE_A_CLOSED_SOCKET_SLEEPS_ON(
            "Without the native core on JDK 17 to 21, closing the target does not wake a transfer"
                    + " to a socket",
            Where.ALONE_ON_AN_OLD_JDK) {
        @Override
        boolean explains(WaitingScenario of, Answer jdk, Answer ours) {
            return of.operation() == Operation.TRANSFER_TO
                    && of.event() == Event.CLOSE_OTHER
                    && of.kind() != Connection.Kind.PIPE
                    && of.thread() == ThreadKind.PLATFORM
                    && ours.result().equals(WaitingStage.SLEEPS_ON);
        }
    },
    /** Nothing that is public tells it there. */
    ALONE_A_SHUT_DOWN_UNIX_SOCKET_IS_BROKEN(
            "Without the native core on JDK 17 to 21, a UNIX socket whose output is shut down is a"
                    + " broken pipe",
            Where.ALONE_ON_AN_OLD_JDK) {
        @Override
        boolean explains(Scenario of, Answer jdk, Answer ours) {
            return of.isTransferTo()
                    && of.isChannel(ChannelKind.UNIX, ChannelState.SHUT_DOWN)
                    && jdk.isThrown(AsynchronousCloseException.class)
                    && (ours.result().equals("0") || ours.result().equals("IO(Broken pipe)"));
        }
    };

    private final String inReadme;
    private final Where where;

    NamedDifference(String inReadme) {
        this(inReadme, Where.EVERYWHERE);
    }

    NamedDifference(String inReadme, Where where) {
        this.inReadme = inReadme;
        this.where = where;
    }

    /** Where there is a difference. */
    private enum Where {
        EVERYWHERE(true),
        WITH_VIRTUAL_THREADS(Jvm.hasVirtualThreads()),
        WITH_THE_CORE(DifferentialTest.HAS_CORE),
        ALONE_ON_AN_OLD_JDK(!DifferentialTest.HAS_CORE && Runtime.version().feature() < 22);

        private final boolean isHere;

        Where(boolean isHere) {
            this.isHere = isHere;
        }
    }

    /** The differences that this JVM has to show. */
    static Set<NamedDifference> here() {
        return Arrays.stream(values())
                .filter(difference -> difference.where.isHere)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(NamedDifference.class)));
    }

    /** What the README says. */
    String inReadme() {
        return inReadme;
    }

    /** The differences that this one is an example of: one, unless something is wrong. */
    static List<NamedDifference> explaining(Case of, Answer jdk, Answer ours) {
        return here().stream()
                .filter(difference -> difference.explains(of, jdk, ours))
                .collect(Collectors.toList());
    }

    boolean explains(Case of, Answer jdk, Answer ours) {
        if (of instanceof Scenario) {
            return explains((Scenario) of, jdk, ours);
        }
        return of instanceof WaitingScenario && explains((WaitingScenario) of, jdk, ours);
    }

    boolean explains(Scenario of, Answer jdk, Answer ours) {
        return false;
    }

    boolean explains(WaitingScenario of, Answer jdk, Answer ours) {
        return false;
    }

    private static boolean isCut(Case of, Answer jdk, Answer ours, boolean isUsedByVirtual) {
        return of instanceof LargeScenario
                && ((LargeScenario) of).isUsedByVirtual() == isUsedByVirtual
                && jdk.result().equals(LargeScenario.LESS)
                && ours.result().equals(LargeScenario.ALL);
    }
}
