package io.zerocopy.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.LeakCounter;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Goal: whoever calls the library instead of the JDK sees no difference but those that have a name,
 * on every JDK, also without the native core and without the handles into the JDK's channels.
 *
 * <p>Method: several thousand cases run on the newest JDK's methods and on the library's, each time
 * on new ends, and all that can be seen is compared. An older JDK has the recorded answers of the
 * newest, which keeps the recording up to date; so do the runs without the core, for they compare
 * with the same. Two cases never share an end, so several threads run them.
 */
@ExtendWith(LeakCounter.class)
class DifferentialTest {
    /** Where to write the answers of the newest JDK to, if they are to be recorded anew. */
    private static final String RECORD = "io.zerocopy.test.record";

    /** Not in the runs in which the core or the handles that it needs are switched off. */
    static final boolean HAS_CORE = System.getProperty("io.zerocopy.disable") == null;

    /** Most of the time one waits for another thread. */
    private static final int WORKERS = 6;

    private static final long CASE_SECONDS_MAX = 100;

    @TempDir private static Path folder;

    private final List<Case> cases = allCases();
    private final Recording recording = Recording.of(cases);
    private final boolean isLive = Jvm.isNewest() && HAS_CORE;
    private final Map<Integer, Answer> answersOfTheJdk = new ConcurrentHashMap<>();
    private final Set<NamedDifference> seen =
            Collections.synchronizedSet(EnumSet.noneOf(NamedDifference.class));

    private static List<Case> allCases() {
        List<Case> all = new ArrayList<>();
        // What waits begins first, so that it does not wait alone at the end.
        all.addAll(WaitingScenario.all());
        all.addAll(LargeScenario.all());
        all.addAll(NamedScenarios.all());
        all.addAll(CoveringScenarios.all());
        return all;
    }

    @TestFactory
    Stream<DynamicNode> answersAsTheNewestJdkDoes() {
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        List<DynamicNode> tests = new ArrayList<>();
        for (int number = 0; number < cases.size(); number++) {
            int of = number;
            if (cases.get(of).isPossibleHere()) {
                tests.add(test(cases.get(of).name(), workers, () -> check(of)));
            }
        }
        workers.shutdown();
        assertTrue(tests.size() >= 3000, "cases on this JDK: " + tests.size());
        if (System.getProperty(RECORD) != null) {
            tests.add(dynamicTest("record the answers", this::record));
        }
        tests.add(dynamicTest("every named difference was seen", this::checkSeen));
        return tests.stream();
    }

    private static DynamicTest test(String name, ExecutorService workers, Callable<Void> check) {
        Future<Void> checked = workers.submit(check);
        return dynamicTest(
                name,
                () -> {
                    try {
                        checked.get(CASE_SECONDS_MAX, TimeUnit.SECONDS);
                    } catch (ExecutionException e) {
                        throw e.getCause();
                    }
                });
    }

    private Void check(int number) throws Exception {
        Case of = cases.get(number);
        Answer jdk = isLive ? of.answer(Method.JDK, folder) : recording.answer(number);
        assertNotNull(
                jdk, "no recorded answer: record them on the newest JDK, see CONTRIBUTING.md");
        answersOfTheJdk.put(number, jdk);
        Answer ours = of.answer(Method.OURS, folder);
        if (!ours.equals(jdk)) {
            List<NamedDifference> differences = NamedDifference.explaining(of, jdk, ours);
            assertEquals(
                    1,
                    differences.size(),
                    () -> "JDK:  " + jdk + "\nours: " + ours + "\nexplained by " + differences);
            seen.addAll(differences);
        }
        if (System.getProperty(RECORD) == null) {
            assertEquals(
                    recording.answer(number), jdk, "the recording of the JDK's answers is old");
        }
        return null;
    }

    private void record() throws Exception {
        assertTrue(isLive, "only the newest JDK has answers to record");
        Recording.write(Path.of(System.getProperty(RECORD)), cases, answersOfTheJdk);
    }

    /** A difference that nothing shows is none, and must leave the table. */
    private void checkSeen() {
        assertEquals(NamedDifference.here(), seen);
    }
}
