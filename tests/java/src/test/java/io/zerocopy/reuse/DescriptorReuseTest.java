package io.zerocopy.reuse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.LeakCounter;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Goal: no descriptor is used after its channel was closed, however threads race.
 *
 * <p>Method: {@link ReuseStress}, for as long as {@code -PreuseSeconds} says. That it would notice
 * is shown by JVMs in which a part of the guard has been taken away by a property: there the same
 * stress must see foreign bytes within the same time. It was seen to do so within 5 s.
 */
@ExtendWith(LeakCounter.class)
class DescriptorReuseTest {
    private static final long SECONDS = Long.getLong("io.zerocopy.test.reuseSeconds");

    /** Each method between each two kinds of end that it can serve, with and without waiting. */
    private static final int KINDS_OF_JOB = 2 * 4 + 2 * 4 + 4 * 4 + 2 * 4 * 4;

    @TempDir private Path folder;

    @Test
    @Timeout(value = 14, unit = TimeUnit.MINUTES)
    void noTransferTouchesWhatOthersHaveOpened() throws Exception {
        long seed = new Random().nextLong();
        ReuseStress stress = new ReuseStress(folder, seed, Duration.ofSeconds(SECONDS));
        stress.start();
        Findings findings = stress.finish();
        System.out.println("seed " + seed + ": " + findings);
        assertEquals(List.of(), findings.wrong(), "seed " + seed + ": " + findings);
        assertEquals(KINDS_OF_JOB, findings.jobs.size(), findings::toString);
        assertTrue(findings.endedByClose.get() > KINDS_OF_JOB, findings::toString);
    }

    /**
     * The parts of the guard, by the methods that are not called: the look whether a file is still
     * open after the thread was registered with it, its registration, and the announcement of a
     * read and of a write of a socket or pipe. None of them makes another one needless.
     */
    @ParameterizedTest
    @ValueSource(strings = {"isOpen", "add,remove", "beginRead,endRead", "beginWrite,endWrite"})
    void withoutAPartOfTheGuardForeignBytesAreSeen(String plantedBugs) throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(UnguardedProgram.class)
                        .likeThisOne()
                        .property("io.zerocopy.plantedBugs", plantedBugs)
                        .argument(folder, new Random().nextLong(), SECONDS)
                        .run();
        System.out.println(
                plantedBugs + ": foreign bytes after ms: " + result.value("foreignMillis"));
        assertTrue(result.number("foreignMillis") >= 0, result::toString);
    }
}
