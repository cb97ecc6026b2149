package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A call that waits, for a target that is full or for a source that has nothing more, until
 * something happens.
 *
 * @param hasMoved whether it has moved bytes before it waits
 */
record WaitingScenario(
        Operation operation, Connection.Kind kind, boolean hasMoved, Event event, ThreadKind thread)
        implements Case {
    enum Event {
        INTERRUPT,
        CLOSE_FILE,
        CLOSE_OTHER,
        /** The peer is closed: a source ends, a target breaks. */
        CLOSE_PEER
    }

    static List<WaitingScenario> all() {
        List<WaitingScenario> all = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            for (Connection.Kind kind : Connection.Kind.values()) {
                for (Event event : Event.values()) {
                    for (ThreadKind thread : ThreadKind.values()) {
                        all.add(new WaitingScenario(operation, kind, true, event, thread));
                        all.add(new WaitingScenario(operation, kind, false, event, thread));
                    }
                }
            }
        }
        return all;
    }

    @Override
    public String name() {
        return String.format(
                "%s that waits %s %s, then %s%s",
                operation,
                hasMoved ? "in the middle for" : "at once for",
                kind,
                event,
                thread == ThreadKind.PLATFORM ? "" : ", virtual");
    }

    @Override
    public boolean isPossibleHere() {
        return thread == ThreadKind.PLATFORM || Jvm.hasVirtualThreads();
    }

    @Override
    public Answer answer(Method method, Path folder) throws IOException {
        try (WaitingStage stage = new WaitingStage(this, folder)) {
            return stage.answer(method);
        }
    }

    @Override
    public String toString() {
        return name();
    }
}
