package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.Scenario;
import io.zerocopy.fixture.Scenario.Call;
import io.zerocopy.fixture.Stage;

import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.file.Path;

/**
 * The library's answer must be the newest JDK's, on every JDK: a table of scenarios, which the
 * method {@code scenarios} of a subclass has, with its recorded answers. On the newest JDK the same
 * scenarios also run on its own method, so that the table can't be wrong there.
 *
 * @param <S> what the calls are made on
 */
@ExtendWith(LeakCounter.class)
abstract class ComparisonTest<S extends Stage<?, ?, S>> {
    @TempDir static Path folder;

    private final Call<S> byLibrary;
    private final Call<S> byJdk;

    ComparisonTest(Call<S> byLibrary, Call<S> byJdk) {
        this.byLibrary = byLibrary;
        this.byJdk = byJdk;
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void answersAsRecorded(Scenario<S> scenario) throws Exception {
        assertEquals(scenario.recorded(), scenario.answerOf(byLibrary, folder));
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void jdkAnswersAsRecorded(Scenario<S> scenario) throws Exception {
        assumeTrue(Jvm.isNewest(), "this JDK's answers are older than the recorded ones");
        assertEquals(scenario.recorded(), scenario.answerOf(byJdk, folder));
    }
}
