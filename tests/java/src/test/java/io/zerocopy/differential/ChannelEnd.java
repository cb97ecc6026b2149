package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.Mode;

import java.util.List;
import java.util.Set;

/** An end that is no file. */
record ChannelEnd(
        boolean isSource, ChannelKind kind, ChannelState state, Mode mode, int availableBytes)
        implements End {
    /** Less than the JDK's buffer, so that it takes a datagram as a whole. */
    static final int DATAGRAM_BYTES = 5000;

    private static final Set<ChannelState> INVALID =
            Set.of(
                    ChannelState.CLOSED,
                    ChannelState.SHUT_DOWN,
                    ChannelState.UNCONNECTED,
                    ChannelState.RESET,
                    ChannelState.BROKEN);

    ChannelEnd(boolean isSource, ChannelKind kind, ChannelState state, Mode mode) {
        this(
                isSource,
                kind,
                state,
                mode,
                kind == ChannelKind.DATAGRAM ? DATAGRAM_BYTES : FileEnd.SIZE);
    }

    boolean isSelectable() {
        return kind == ChannelKind.PROVIDER || isOfTheJdk();
    }

    /** Whether the JDK knows its descriptor. */
    boolean isOfTheJdk() {
        return kind == ChannelKind.DATAGRAM || isStreaming();
    }

    /** Whether the core serves it. */
    boolean isStreaming() {
        return isSocket() || kind == ChannelKind.PIPE;
    }

    boolean isSocket() {
        return kind == ChannelKind.TCP || kind == ChannelKind.UNIX;
    }

    @Override
    public boolean isValid() {
        return kind != ChannelKind.NULL && !INVALID.contains(state);
    }

    @Override
    public List<Object> parts() {
        return List.of(kind, state, mode);
    }

    @Override
    public String toString() {
        boolean isUsual =
                availableBytes == new ChannelEnd(isSource, kind, state, mode).availableBytes;
        String size = isUsual ? "" : " with " + availableBytes + " B";
        return kind + size + " " + state + " " + mode;
    }
}
