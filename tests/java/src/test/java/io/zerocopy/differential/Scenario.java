package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.Interrupt;
import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.io.IOException;
import java.nio.file.Path;

/**
 * One call: {@code file.transferTo(position, count, other)} or {@code file.transferFrom(other,
 * position, count)}.
 *
 * <p>Equal scenarios have equal answers, but for one thing: how much a TCP socket takes whose peer
 * is gone depends on when the peer's answer comes. There only whether it takes something counts.
 */
record Scenario(
        String name,
        Operation operation,
        FileEnd file,
        End other,
        long position,
        long count,
        Interrupt interrupt,
        ThreadKind thread)
        implements Case {

    boolean isTransferTo() {
        return operation == Operation.TRANSFER_TO;
    }

    boolean isInterrupted() {
        return interrupt == Interrupt.BEFORE;
    }

    /** The other end, if it is a channel; else null. */
    ChannelEnd channel() {
        return other instanceof ChannelEnd ? (ChannelEnd) other : null;
    }

    /** The other end, if it is a file; else null. */
    FileEnd otherFile() {
        return other instanceof FileEnd ? (FileEnd) other : null;
    }

    boolean isChannel(ChannelKind kind, ChannelState state) {
        return channel() != null && channel().kind() == kind && channel().state() == state;
    }

    boolean isCountDetermined() {
        return !isChannel(ChannelKind.TCP, ChannelState.PEER_CLOSED);
    }

    @Override
    public boolean isPossibleHere() {
        boolean needsVirtualThreads =
                thread == ThreadKind.VIRTUAL
                        || channel() != null && channel().state() == ChannelState.USED_BY_VIRTUAL;
        return !needsVirtualThreads || Jvm.hasVirtualThreads();
    }

    @Override
    public Answer answer(Method method, Path folder) throws IOException {
        return Stage.answer(this, method, folder);
    }

    @Override
    public String toString() {
        return name;
    }
}
