package io.zerocopy.untouched;

import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A call of the library and how it ends.
 *
 * @param source the kind of channel; null for a file
 * @param target the same
 */
record Case(Call call, Kind source, Kind target, Ending ending, ThreadKind thread) {
    /** What is called. */
    enum Call {
        TRANSFER_TO,
        TRANSFER_FROM,
        COPY,
        /** With time limits, a pace, progress and, for a stream, a header and a trailer. */
        TRANSFER
    }

    /** How the call ends. */
    enum Ending {
        SUCCESS,
        /** A file can't grow further, or nobody reads any more. */
        FAILURE,
        CLOSE_OF_SOURCE,
        CLOSE_OF_TARGET,
        INTERRUPT,
        WOULD_BLOCK,
        CANCEL,
        TIMEOUT;

        boolean isClose() {
            return this == CLOSE_OF_SOURCE || this == CLOSE_OF_TARGET;
        }
    }

    /** All that there are on this JDK. */
    static Stream<Case> all() {
        List<Case> all = new ArrayList<>();
        for (Call call : Call.values()) {
            for (Kind source : kinds(call == Call.TRANSFER_TO)) {
                for (Kind target : kinds(call == Call.TRANSFER_FROM)) {
                    for (Ending ending : Ending.values()) {
                        for (ThreadKind thread : Jvm.threadKinds()) {
                            all.add(new Case(call, source, target, ending, thread));
                        }
                    }
                }
            }
        }
        return all.stream().filter(Case::exists);
    }

    boolean isBetweenFiles() {
        return source == null && target == null;
    }

    /** Whether another thread has to end the call, which would not end by itself. */
    boolean blocks() {
        boolean isEndedByOthers =
                ending.isClose() || ending == Ending.INTERRUPT || ending == Ending.CANCEL;
        return isEndedByOthers && !isBetweenFiles();
    }

    private boolean exists() {
        switch (ending) {
            case CANCEL:
            case TIMEOUT:
                return call == Call.TRANSFER;
            case WOULD_BLOCK:
                return call != Call.COPY && !isBetweenFiles();
            case CLOSE_OF_SOURCE:
            case CLOSE_OF_TARGET:
                return !isBetweenFiles();
            default:
                return true;
        }
    }

    private static List<Kind> kinds(boolean isFileOnly) {
        List<Kind> kinds = new ArrayList<>();
        kinds.add(null);
        if (!isFileOnly) {
            kinds.addAll(List.of(Kind.values()));
        }
        return kinds;
    }

    @Override
    public String toString() {
        String from = source == null ? "FILE" : source.toString();
        String to = target == null ? "FILE" : target.toString();
        return call + " " + from + " to " + to + ", " + ending + ", " + thread;
    }
}
