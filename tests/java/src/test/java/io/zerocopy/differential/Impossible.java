package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.Content;
import io.zerocopy.differential.Dimensions.FileKind;
import io.zerocopy.differential.Dimensions.FileState;
import io.zerocopy.differential.Dimensions.Mode;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;

/** Why some combinations are no scenario. */
enum Impossible {
    SPECIAL_FILES_HAVE_THEIR_OWN_CONTENT(
            file(end -> end.isSpecial() && end.content() != Content.PATTERN)),
    A_FULL_DEVICE_IS_ONLY_WRITTEN(
            file(
                    end ->
                            end.kind() == FileKind.FULL_DEVICE
                                    && (end.isSource() || end.state() != FileState.OPEN))),
    PROC_IS_ONLY_READ(
            file(
                    end ->
                            end.kind() == FileKind.PROC
                                    && (!end.isSource() || isWritable(end.state())))),
    ONLY_TARGETS_APPEND(file(end -> end.isSource() && end.state() == FileState.APPEND)),
    HOLES_ARE_OF_REAL_SOURCES(
            file(
                    end ->
                            end.content() == Content.SPARSE
                                    && (!end.isSource()
                                            || end.kind() == FileKind.ZIP
                                            || end.kind() == FileKind.OWN_CLASS))),
    ZIP_IS_READ_OR_WRITTEN(
            file(end -> end.kind() == FileKind.ZIP && end.state() == FileState.READ_WRITE)),
    NULL_HAS_NO_STATE(
            channel(
                    end ->
                            end.kind() == ChannelKind.NULL
                                    && (end.state() != ChannelState.OPEN
                                            || end.mode() != Mode.BLOCKING))),
    ONLY_SELECTABLE_CHANNELS_HAVE_MODES(
            channel(end -> !end.isSelectable() && end.mode() != Mode.BLOCKING)),
    A_SELECTOR_IS_OF_ONE_PROVIDER(
            channel(end -> end.kind() == ChannelKind.PROVIDER && end.mode() == Mode.REGISTERED)),
    WHAT_IS_CLOSED_IS_NOT_REGISTERED(
            channel(end -> end.state() == ChannelState.CLOSED && end.mode() == Mode.REGISTERED)),
    ONLY_SOCKETS_ARE_SHUT_DOWN(
            channel(
                    end ->
                            end.state() == ChannelState.SHUT_DOWN
                                    && !end.isSocket()
                                    && end.kind() != ChannelKind.PROVIDER)),
    ONLY_SOCKETS_CONNECT(
            channel(
                    end ->
                            end.state() == ChannelState.UNCONNECTED
                                    && !Set.of(
                                                    ChannelKind.TCP,
                                                    ChannelKind.UNIX,
                                                    ChannelKind.DATAGRAM,
                                                    ChannelKind.PROVIDER)
                                            .contains(end.kind()))),
    ONLY_TCP_IS_RESET(
            channel(end -> end.state() == ChannelState.RESET && end.kind() != ChannelKind.TCP)),
    /** For a source it is its end. */
    ONLY_TARGETS_MISS_THEIR_PEER(
            channel(
                    end ->
                            end.state() == ChannelState.PEER_CLOSED
                                    && (end.isSource() || !end.isOfTheJdk()))),
    /** In blocking mode it is waited for: see WaitingScenario. */
    ONLY_A_NON_BLOCKING_TARGET_IS_FULL(
            channel(
                    end ->
                            end.state() == ChannelState.FULL
                                    && (end.isSource()
                                            || !end.isStreaming()
                                            || end.mode() == Mode.BLOCKING))),
    /** In blocking mode it is waited for: see WaitingScenario. */
    ONLY_A_NON_BLOCKING_SOURCE_HAS_NOTHING(
            channel(
                    end ->
                            end.state() == ChannelState.NOTHING_YET
                                    && (!end.isSource()
                                            || !end.isSelectable()
                                            || end.mode() == Mode.BLOCKING))),
    /** Else it would be waited for. */
    A_BLOCKING_SOURCE_ENDS(
            channel(
                    end ->
                            end.isSource()
                                    && end.mode() == Mode.BLOCKING
                                    && (end.state() == ChannelState.OPEN
                                            || end.state() == ChannelState.USED_BY_VIRTUAL)
                                    && end.kind() != ChannelKind.NULL)),
    ONLY_STREAMS_END(
            channel(
                    end ->
                            end.state() == ChannelState.ENDED
                                    && (!end.isSource() || end.kind() == ChannelKind.DATAGRAM))),
    VIRTUAL_THREADS_CHANGE_STREAMS_OF_THE_JDK(
            channel(end -> end.state() == ChannelState.USED_BY_VIRTUAL && !end.isStreaming())),
    THE_JDKS_OWN_CHANNELS_DO_NOT_MISBEHAVE(
            channel(
                    end ->
                            (end.state() == ChannelState.FAILING
                                            || end.state() == ChannelState.BROKEN)
                                    && end.kind() != ChannelKind.STREAM
                                    && end.kind() != ChannelKind.WRAPPER)),
    /** A stream writes everything, and a read of it gives something. */
    ONLY_WRAPPERS_MOVE_LESS(
            channel(
                    end ->
                            (end.state() == ChannelState.SHORT || end.state() == ChannelState.IDLE)
                                    && end.kind() != ChannelKind.WRAPPER));

    private final Predicate<End> predicate;

    Impossible(Predicate<End> predicate) {
        this.predicate = predicate;
    }

    static boolean isPossible(End end) {
        return Arrays.stream(values()).noneMatch(impossible -> impossible.predicate.test(end));
    }

    private static boolean isWritable(FileState state) {
        return state == FileState.READ_WRITE || state == FileState.WRONG_MODE;
    }

    private static Predicate<End> file(Predicate<FileEnd> predicate) {
        return end -> end instanceof FileEnd && predicate.test((FileEnd) end);
    }

    private static Predicate<End> channel(Predicate<ChannelEnd> predicate) {
        return end -> end instanceof ChannelEnd && predicate.test((ChannelEnd) end);
    }
}
