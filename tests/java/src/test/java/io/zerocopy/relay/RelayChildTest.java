package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/**
 * Goal: relays keep their promises where the whole process is in trouble: without descriptors,
 * without mechanisms, and when it ends.
 *
 * <p>Method: a child JVM with a limit, with the kill switch, or that ends under its relays.
 */
class RelayChildTest {
    @Test
    void withoutDescriptorsNothingIsTakenOver() throws Exception {
        assumeTrue(
                Command.succeeds(List.of("prlimit", "--version")),
                "prlimit of util-linux is missing");
        ChildJvm.Result result =
                ChildJvm.of(DescriptorLimitProgram.class)
                        .likeThisOne()
                        .under(List.of("prlimit", "--nofile=300:300"))
                        .run();
        for (int left = 0; left < 2; left++) {
            String message = result.value("message." + left);
            assertTrue(message.contains("needs a descriptor for each socket"), message);
            assertTrue(message.contains("Too many open files"), message);
            assertEquals("ping", result.value("a." + left), result::toString);
            assertEquals("ping", result.value("b." + left), result::toString);
        }
        assertEquals(0, result.number("count"), result::toString);
        assertEquals(1_000_000, result.number("delivered"), result::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit", "return"})
    void theJvmEndsUnderRunningRelays(String how) throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(RunningAtExitProgram.class).likeThisOne().argument(how).run();
        assertEquals(20, result.number("running"), result::toString);
        assertEquals("", result.err(), "no crash, and nothing to complain of");
    }

    @ParameterizedTest
    @CsvSource({"'', '[SPLICE, COPY]'", "splice, [COPY]", "copy, [SPLICE]"})
    void theKillSwitchLeavesTheOtherMechanism(String disabled, String mechanisms) throws Exception {
        ChildJvm.Result result = runDisabled(disabled);
        assertEquals(mechanisms, result.value("mechanisms"), result::toString);
        assertEquals("[]", result.value("fallbacks"), "it was forbidden, and not tried");
    }

    @ParameterizedTest
    @CsvSource({
        "all, native core is not loaded",
        "guard, can't be taken away",
        "'splice,copy', splice and copy are disabled"
    })
    void withoutTheNativeEngineJavaCopiesAndSaysWhy(String disabled, String why) throws Exception {
        ChildJvm.Result result = runDisabled(disabled);
        assertEquals("[JDK]", result.value("mechanisms"), result::toString);
        assertTrue(result.value("fallbacks").contains(why), result::toString);
    }

    private static ChildJvm.Result runDisabled(String disabled) throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(RelayOnceProgram.class)
                        .likeThisOne()
                        .property("io.zerocopy.disable", disabled)
                        .run();
        assertEquals(3_000_000, result.number("delivered"), result::toString);
        assertEquals("ENDED", result.value("end"), result::toString);
        return result;
    }
}
