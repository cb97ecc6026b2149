package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.WaitingTransfer;
import io.zerocopy.fixture.WaitingTransfer.Api;
import io.zerocopy.fixture.WaitingTransfer.Row;
import io.zerocopy.fixture.WaitingTransfer.Setting;
import io.zerocopy.fixture.WaitingTransfer.Wake;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Goal: a transfer that waits, for its source, for its target or for its own pace, wakes up when
 * either end is closed or its thread is interrupted, by whichever method it was made and on every
 * kind of thread; an interrupt closes both ends and stays set; and no byte is lost: what was taken
 * and not delivered is in the exception.
 *
 * <p>Method: each of them is made to wait, is woken, and its bytes are looked for at the target, in
 * the exception and in the source. It must not hang; how soon it wakes is not measured.
 */
@ExtendWith(LeakCounter.class)
class TransferWakeUpTest {
    /** In this time it looks 20 times. */
    private static final Duration WAIT = Duration.ofSeconds(1);

    /** A try, two questions which end is not ready, and the end of the source. */
    private static final int SYSTEM_CALLS_MAX = 10;

    @TempDir private static Path folder;
    private static Setting setting;

    @BeforeAll
    static void makeSetting() throws IOException {
        setting = new Setting(folder);
    }

    /** A drop-in that calls channels of any class is woken as these are: as the JDK's own. */
    static Stream<Arguments> all() {
        List<Wake> wakes = List.of(Wake.CLOSE_OF_SOURCE, Wake.CLOSE_OF_TARGET, Wake.INTERRUPT);
        return EngineKind.with(Row.all(), Jvm.threadKinds(), wakes)
                .filter(TransferWakeUpTest::isOneEngine);
    }

    private static boolean isOneEngine(Arguments arguments) {
        Row row = (Row) arguments.get()[1];
        return arguments.get()[0] == EngineKind.NATIVE || row.api() == Api.TRANSFER;
    }

    @ParameterizedTest
    @MethodSource("all")
    void closeAndInterruptWakeItAndLoseNothing(
            EngineKind engine, Row row, ThreadKind thread, Wake wake) throws Exception {
        WaitingTransfer.Builder builder =
                new WaitingTransfer.Builder(setting, row)
                        .on(thread)
                        .through(engine::source, engine::target);
        try (WaitingTransfer waiting = builder.launch()) {
            BlockedThread.awaitBlocked(List.of(waiting.thread()));
            Jvm.closeInTime(() -> waiting.wake(wake));
            waiting.assertWokenBy(wake);
        }
    }

    /** To look whether it was closed, a transfer that waits does not ask the kernel again. */
    @ParameterizedTest
    @MethodSource("io.zerocopy.fixture.Connection#kindsAndThreads")
    void waitingTakesNoSteps(Kind kind, ThreadKind thread) throws Exception {
        try (Connection in = Connection.open(kind);
                Connection out = Connection.open(kind);
                Transfer transfer = Transfer.from(in.peer()).to(out.target()).build()) {
            Jvm.Task<TransferResult> task = Jvm.run(thread, "runner", transfer::run);
            LockSupport.parkNanos(WAIT.toNanos());
            in.target().close();
            TransferResult result = task.awaitInTime();
            assertTrue(result.systemCalls() <= SYSTEM_CALLS_MAX, result::toString);
        }
    }
}
