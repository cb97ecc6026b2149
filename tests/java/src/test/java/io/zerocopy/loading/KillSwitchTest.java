package io.zerocopy.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.ChildJvm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.stream.Collectors;

/**
 * Goal: {@code io.zerocopy.disable} switches off what it names and nothing else, and says so once.
 *
 * <p>Method: a child JVM for each value sends a small and a large file over TCP; the statistics
 * show which mechanism moved the bytes, the standard error stream what was logged.
 */
class KillSwitchTest {
    private static final String DISABLE = "io.zerocopy.disable";
    private static final long ALL_BYTES = 301_000;
    private static final long SMALL_BYTES = 1000;

    @ParameterizedTest
    @ValueSource(strings = {"all", "ALL", "sendfile,copy", " copy , sendfile "})
    void withoutAnyMechanismTheJdkMovesTheBytes(String value) throws Exception {
        ChildJvm.Result result = runDisabled(value);
        assertEquals("false", result.value("available"), result::toString);
        String cause = result.value("cause");
        assertTrue(cause.contains("disabled by -D" + DISABLE + "=" + value), cause);
        assertEquals(ALL_BYTES, result.number("JDK.bytes"), result::toString);
        assertEquals(0, result.number("SENDFILE.bytes"), result::toString);
        assertEquals(0, result.number("COPY.bytes"), result::toString);
        assertEquals(1, result.warnings().size(), result::toString);
    }

    @Test
    void withoutSendfileOtherMechanismsMoveTheBytes() throws Exception {
        ChildJvm.Result result = runDisabled("sendfile");
        assertEquals("true", result.value("available"), result::toString);
        assertEquals("disabled by -D" + DISABLE, result.value("SENDFILE.unusable"));
        assertEquals("null", result.value("COPY.unusable"));
        assertEquals(SMALL_BYTES, result.number("COPY.bytes"), result::toString);
        assertEquals(ALL_BYTES - SMALL_BYTES, result.number("MAPPED.bytes"), result::toString);
        assertEquals(0, result.number("SENDFILE.bytes"), result::toString);
        assertEquals(0, result.number("JDK.bytes"), result::toString);
        assertEquals("{}", result.value("fallbacks"), "it was forbidden, and not tried");
        assertEquals(List.of(), result.warnings());
    }

    @Test
    void withoutTheCopySendfileMovesSmallFilesToo() throws Exception {
        ChildJvm.Result result = runDisabled("copy");
        assertEquals("true", result.value("available"), result::toString);
        assertEquals("disabled by -D" + DISABLE, result.value("COPY.unusable"));
        assertEquals(ALL_BYTES, result.number("SENDFILE.bytes"), result::toString);
        assertEquals(0, result.number("COPY.bytes"), result::toString);
    }

    @Test
    void withoutTheGuardNoChannelUsesTheCore() throws Exception {
        ChildJvm.Result result = runDisabled("guard");
        assertEquals("true", result.value("available"), result::toString);
        List<String> classes =
                List.of(
                        "DatagramChannel",
                        "FileChannel",
                        "SinkChannel",
                        "SocketChannel",
                        "SourceChannel");
        assertEquals(
                classes.stream()
                        .map(name -> "sun.nio.ch." + name + "Impl=disabled by -D" + DISABLE)
                        .collect(Collectors.joining(", ", "{", "}")),
                result.value("unguarded"));
        assertEquals(ALL_BYTES, result.number("JDK.bytes"), result::toString);
        assertEquals(0, result.number("SENDFILE.bytes"), result::toString);
        assertEquals(classes.size(), result.warnings().size(), "one for each class: " + result);
        for (String warning : result.warnings()) {
            assertTrue(warning.contains("does not use its native core for sun.nio.ch."), warning);
        }
    }

    @Test
    void aNameThatItDoesNotKnowIsAWarningAndNothingElse() throws Exception {
        ChildJvm.Result result = runDisabled("sendfiel");
        assertEquals("true", result.value("available"), result::toString);
        assertEquals(ALL_BYTES - SMALL_BYTES, result.number("SENDFILE.bytes"), result::toString);
        assertEquals(
                List.of("WARNING: -D" + DISABLE + " does not know the name \"sendfiel\""),
                result.warnings());
    }

    @Test
    void withoutTheSwitchNothingIsLogged() throws Exception {
        ChildJvm.Result result = ChildJvm.of(Report.class).run();
        assertEquals("true", result.value("available"), result::toString);
        assertEquals("yes", result.value("ensured"));
        assertEquals("null", result.value("cause"));
        assertEquals("{}", result.value("unguarded"));
        assertEquals("", result.err());
    }

    private static ChildJvm.Result runDisabled(String value) throws Exception {
        ChildJvm.Result result = ChildJvm.of(Report.class).property(DISABLE, value).run();
        assertEquals("true", result.value("small"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        return result;
    }
}
