package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.Content;
import io.zerocopy.differential.Dimensions.FileKind;
import io.zerocopy.differential.Dimensions.FileState;
import io.zerocopy.differential.Dimensions.Interrupt;
import io.zerocopy.differential.Dimensions.Mode;
import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.util.ArrayList;
import java.util.List;

/**
 * What is known of the JDK's methods, fact by fact: their paths and thresholds, the order of their
 * checks, what they return, and how they fail.
 */
final class NamedScenarios {
    private static final long ALL = Long.MAX_VALUE;
    private static final int SIZE = FileEnd.SIZE;

    /** From here on the JDK maps, and sends one datagram. */
    private static final int MAPPED_BYTES = 16 << 10;

    private static final int BUFFER_BYTES = 8 << 10;

    /** The most that fits. */
    private static final int DATAGRAM_BYTES_MAX = 65_507;

    private final List<Scenario> scenarios = new ArrayList<>();

    private NamedScenarios() {}

    static List<Scenario> all() {
        NamedScenarios named = new NamedScenarios();
        named.pathsTo();
        named.pathsFrom();
        named.datagrams();
        named.itself();
        named.checksTo();
        named.checksFrom();
        named.emptyRanges();
        named.extending();
        named.failures();
        named.interrupts();
        return named.scenarios;
    }

    /** Around the thresholds of the JDK, to every kind of target. */
    private void pathsTo() {
        for (int size :
                new int[] {1, BUFFER_BYTES, BUFFER_BYTES + 1, MAPPED_BYTES - 1, MAPPED_BYTES}) {
            for (FileKind kind : List.of(FileKind.DISK, FileKind.MEMORY, FileKind.PROC)) {
                FileEnd file = file(true, kind, size, FileState.OPEN);
                for (ChannelEnd target : channels(false, ChannelState.OPEN)) {
                    to("path of " + size + " B", file, target, 0, ALL);
                }
                to("path of " + size + " B", file, file(false, FileState.OPEN), 0, ALL);
                to("path of " + size + " B", file, file(false, FileState.APPEND), 0, ALL);
            }
        }
    }

    private void pathsFrom() {
        for (int size :
                new int[] {1, BUFFER_BYTES, BUFFER_BYTES + 1, MAPPED_BYTES - 1, MAPPED_BYTES}) {
            for (FileState state : List.of(FileState.OPEN, FileState.APPEND)) {
                FileEnd file = file(false, state);
                for (ChannelEnd end : channels(true, ChannelState.ENDED)) {
                    from("path of " + size + " B", file, with(end, size), 5, ALL);
                    from("path of " + size + " B, asked for", file, end, 5, size);
                }
                for (FileKind kind : List.of(FileKind.DISK, FileKind.MEMORY, FileKind.PROC)) {
                    FileEnd source = file(true, kind, size, FileState.OPEN);
                    from("path of " + size + " B", file, source, 5, ALL);
                }
            }
        }
        for (ChannelKind kind : List.of(ChannelKind.TCP, ChannelKind.UNIX, ChannelKind.PIPE)) {
            ChannelEnd open = new ChannelEnd(true, kind, ChannelState.OPEN, Mode.BLOCKING);
            from("no more than asked for", file(false, FileState.OPEN), open, 0, SIZE);
            ChannelEnd used =
                    new ChannelEnd(true, kind, ChannelState.USED_BY_VIRTUAL, Mode.BLOCKING);
            from("no more than asked for", file(false, FileState.OPEN), used, 0, SIZE);
        }
    }

    private void datagrams() {
        for (int size :
                new int[] {
                    MAPPED_BYTES - 1, MAPPED_BYTES, DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MAX + 1
                }) {
            FileEnd file = file(true, FileKind.DISK, size, FileState.OPEN);
            ChannelEnd target =
                    new ChannelEnd(false, ChannelKind.DATAGRAM, ChannelState.OPEN, Mode.BLOCKING);
            to("datagrams of " + size + " B", file, target, 0, ALL);
        }
        ChannelEnd source =
                new ChannelEnd(true, ChannelKind.DATAGRAM, ChannelState.OPEN, Mode.NON_BLOCKING);
        for (int size : new int[] {1, BUFFER_BYTES, BUFFER_BYTES + 1, 2 * BUFFER_BYTES + 1}) {
            from(
                    "a datagram of " + size + " B",
                    file(false, FileState.OPEN),
                    with(source, size),
                    0,
                    ALL);
        }
        from("less than a datagram", file(false, FileState.OPEN), source, 0, 100);
    }

    /** Overlapping towards the end the bytes are unspecified, and so no scenario. */
    private void itself() {
        FileEnd file = file(true, FileKind.DISK, SIZE, FileState.READ_WRITE);
        for (boolean isSameChannel : new boolean[] {true, false}) {
            to("to itself, apart", file, new SameFileEnd(false, isSameChannel, 15_000), 0, 5000);
            to("to its end", file, new SameFileEnd(false, isSameChannel, SIZE), 0, ALL);
            to("towards its beginning", file, new SameFileEnd(false, isSameChannel, 0), 5000, 5000);
            from("from itself, apart", file, new SameFileEnd(true, isSameChannel, 0), 15_000, 5000);
            from(
                    "from itself to its end",
                    file,
                    new SameFileEnd(true, isSameChannel, 0),
                    SIZE,
                    5000);
        }
    }

    /** Each check wins over those that come later. */
    private void checksTo() {
        FileEnd closed = file(true, FileState.CLOSED);
        FileEnd unreadable = file(true, FileState.WRONG_MODE);
        FileEnd open = file(true, FileState.OPEN);
        FileEnd closedTarget = file(false, FileState.CLOSED);
        FileEnd unwritable = file(false, FileState.WRONG_MODE);
        ChannelEnd none = none(false);
        to("closed wins over null", closed, none, 0, 10);
        to("closed wins over a negative position", closed, none, -1, 10);
        to("closed wins over a closed target", closed, closedTarget, -1, 10);
        to("null", open, none, 0, 10);
        to("null wins over unreadable", unreadable, none, 0, 10);
        to("null wins over negative", open, none, -1, -1);
        to("a closed target wins over unreadable", unreadable, closedTarget, 0, 10);
        to("a closed target wins over negative", open, closedTarget, -1, 10);
        to("unreadable wins over unwritable", unreadable, unwritable, 0, 10);
        to("unreadable wins over negative", unreadable, file(false, FileState.OPEN), 0, -1);
        to("unwritable wins over negative", open, unwritable, 0, -1);
        to("unwritable wins over nothing asked for", open, unwritable, 0, 0);
        to("negative position", open, file(false, FileState.OPEN), -1, 10);
        to("negative count", open, file(false, FileState.OPEN), 0, -1);
        ChannelEnd unconnected = tcp(false, ChannelState.UNCONNECTED);
        to("negative wins over unconnected", open, unconnected, 0, -1);
    }

    private void checksFrom() {
        FileEnd closed = file(false, FileState.CLOSED);
        FileEnd unwritable = file(false, FileState.WRONG_MODE);
        FileEnd open = file(false, FileState.OPEN);
        FileEnd closedSource = file(true, FileState.CLOSED);
        FileEnd unreadable = file(true, FileState.WRONG_MODE);
        ChannelEnd none = none(true);
        from("closed wins over null", closed, none, 0, 10);
        from("closed wins over a closed source", closed, closedSource, -1, 10);
        from("null", open, none, 0, 10);
        from("null wins over unwritable", unwritable, none, 0, 10);
        from("null wins over negative", open, none, -1, -1);
        from("a closed source wins over unwritable", unwritable, closedSource, 0, 10);
        from("a closed source wins over negative", open, closedSource, -1, 10);
        from("unreadable wins over unwritable", unwritable, unreadable, 0, 10);
        from("unreadable wins over negative", open, unreadable, 0, -1);
        from("unreadable wins over nothing asked for", open, unreadable, 0, 0);
        from("unwritable wins over negative", unwritable, file(true, FileState.OPEN), 0, -1);
        from("negative position", open, file(true, FileState.OPEN), -1, 10);
        from("negative count", open, file(true, FileState.OPEN), 0, -1);
        ChannelEnd unconnected = tcp(true, ChannelState.UNCONNECTED);
        from("negative wins over unconnected", open, unconnected, 0, -1);
        from("nothing asked for wins over unconnected", open, unconnected, 0, 0);
    }

    /** What has nothing to move still meets a socket that can't. */
    private void emptyRanges() {
        FileEnd empty = new FileEnd(true, FileKind.DISK, Content.EMPTY, FileState.OPEN);
        FileEnd file = file(true, FileState.OPEN);
        for (ChannelKind kind : ChannelKind.values()) {
            for (ChannelState state : ChannelState.values()) {
                ChannelEnd target = new ChannelEnd(false, kind, state, Mode.BLOCKING);
                if (Impossible.isPossible(target)) {
                    to("nothing asked for", file, target, 0, 0);
                    to("nothing at the end", file, target, SIZE, ALL);
                    to("nothing past the end", file, target, SIZE + 1, ALL);
                    to("nothing in an empty file", empty, target, 0, ALL);
                }
            }
        }
    }

    /** From JDK 21 on a position past the end makes the file longer. */
    private void extending() {
        FileEnd target = file(false, FileState.OPEN);
        for (ChannelEnd end : channels(true, ChannelState.ENDED)) {
            from("past the end", target, end, SIZE + 9999, ALL);
            from("past the end, nothing asked for", target, end, SIZE + 9999, 0);
            from("past the end, nothing comes", target, with(end, 0), SIZE + 9999, ALL);
        }
        from("past the end", target, file(true, FileState.OPEN), SIZE + 9999, ALL);
        from("past the end from its end", target, file(true, FileState.PAST_END), SIZE + 9999, ALL);
        from(
                "past the end of one that appends",
                file(false, FileState.APPEND),
                file(true, FileState.OPEN),
                SIZE + 9999,
                ALL);
    }

    private void failures() {
        FileEnd full = new FileEnd(false, FileKind.FULL_DEVICE, Content.PATTERN, FileState.OPEN);
        to("no space", file(true, FileState.OPEN), full, 0, ALL);
        from("no space", full, file(true, FileState.OPEN), 0, ALL);
        for (ChannelEnd end : channels(true, ChannelState.ENDED)) {
            from("no space", full, end, 0, ALL);
        }
        FileEnd file = file(true, FileState.OPEN);
        for (ChannelEnd end : channels(false, ChannelState.SHUT_DOWN)) {
            to("output shut down", file, end, 0, ALL);
        }
        to("reset", file, tcp(false, ChannelState.RESET), 0, ALL);
        to("unconnected", file, tcp(false, ChannelState.UNCONNECTED), 0, ALL);
        from(
                "input shut down",
                file(false, FileState.OPEN),
                tcp(true, ChannelState.SHUT_DOWN),
                0,
                ALL);
        from("reset", file(false, FileState.OPEN), tcp(true, ChannelState.RESET), 0, ALL);
        from(
                "unconnected",
                file(false, FileState.OPEN),
                tcp(true, ChannelState.UNCONNECTED),
                0,
                ALL);
    }

    /** Every kind of other end on an interrupted thread, where all else is valid. */
    private void interrupts() {
        FileEnd source = file(true, FileState.OPEN);
        FileEnd target = file(false, FileState.OPEN);
        for (ThreadKind thread : ThreadKind.values()) {
            for (ChannelKind kind : ChannelKind.values()) {
                for (ChannelState state : ChannelState.values()) {
                    for (Mode mode : Mode.values()) {
                        ChannelEnd out = new ChannelEnd(false, kind, state, mode);
                        if (Impossible.isPossible(out)) {
                            add(Operation.TRANSFER_TO, "interrupted", source, out, 0, ALL, thread);
                        }
                        ChannelEnd in = new ChannelEnd(true, kind, state, mode);
                        if (Impossible.isPossible(in)) {
                            add(Operation.TRANSFER_FROM, "interrupted", target, in, 0, ALL, thread);
                            add(
                                    Operation.TRANSFER_FROM,
                                    "interrupted, nothing asked for",
                                    target,
                                    in,
                                    0,
                                    0,
                                    thread);
                        }
                    }
                }
            }
        }
    }

    private void to(String name, FileEnd file, End target, long position, long count) {
        add(Operation.TRANSFER_TO, name, file, target, position, count, null);
    }

    private void from(String name, FileEnd file, End source, long position, long count) {
        add(Operation.TRANSFER_FROM, name, file, source, position, count, null);
    }

    /** Adds a scenario; on an interrupted thread of this kind if there is one. */
    private void add(
            Operation operation,
            String name,
            FileEnd file,
            End other,
            long position,
            long count,
            ThreadKind interrupted) {
        String arrow = operation == Operation.TRANSFER_TO ? " -> " : " <- ";
        String thread = interrupted == ThreadKind.VIRTUAL ? ", virtual" : "";
        Scenario scenario =
                new Scenario(
                        name + thread + ": " + file + arrow + other + ", " + count + " at "
                                + position,
                        operation,
                        file,
                        other,
                        position,
                        count,
                        interrupted == null ? Interrupt.NO : Interrupt.BEFORE,
                        interrupted == ThreadKind.VIRTUAL ? interrupted : ThreadKind.PLATFORM);
        scenarios.add(scenario);
    }

    private static FileEnd file(boolean isSource, FileState state) {
        return file(isSource, FileKind.DISK, SIZE, state);
    }

    private static FileEnd file(boolean isSource, FileKind kind, int size, FileState state) {
        return new FileEnd(isSource, kind, Content.PATTERN, state, size);
    }

    private static ChannelEnd tcp(boolean isSource, ChannelState state) {
        return new ChannelEnd(isSource, ChannelKind.TCP, state, Mode.BLOCKING);
    }

    private static ChannelEnd none(boolean isSource) {
        return new ChannelEnd(isSource, ChannelKind.NULL, ChannelState.OPEN, Mode.BLOCKING);
    }

    private static ChannelEnd with(ChannelEnd end, int bytes) {
        return new ChannelEnd(end.isSource(), end.kind(), end.state(), end.mode(), bytes);
    }

    /** Every kind of channel in this state, in blocking mode. */
    private static List<ChannelEnd> channels(boolean isSource, ChannelState state) {
        List<ChannelEnd> ends = new ArrayList<>();
        for (ChannelKind kind : ChannelKind.values()) {
            ChannelEnd end = new ChannelEnd(isSource, kind, state, Mode.BLOCKING);
            if (kind != ChannelKind.NULL && Impossible.isPossible(end)) {
                ends.add(end);
            }
        }
        return ends;
    }
}
