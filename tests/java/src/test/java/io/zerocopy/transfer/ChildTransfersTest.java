package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.List;

/**
 * Goal: a transfer keeps its promises where the whole process is in trouble: its files may not
 * grow, or there is no native core.
 *
 * <p>Method: a child JVM under a limit on the size of files, or with the kill switch.
 */
class ChildTransfersTest {
    /** More than the native library has, which is put into a file as well. */
    private static final int FILE_BYTES_MAX = 10_000_000;

    private static final int EFBIG = 27;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", "all", "guard", "splice"})
    void fileThatMayNotGrowLosesNothing(String disabled) throws Exception {
        List<String> limit = List.of("prlimit", "--fsize=" + FILE_BYTES_MAX);
        assumeTrue(
                Command.succeeds(List.of("prlimit", "--version")),
                "prlimit of util-linux is missing");
        ChildJvm.Result result =
                ChildJvm.of(FullDiskProgram.class)
                        .under(limit)
                        .property("io.zerocopy.disable", disabled)
                        .argument(folder.resolve("target"))
                        .run();
        assertEquals("true", result.value("thrown"), result::toString);
        assertEquals(FILE_BYTES_MAX, result.number("delivered"), result::toString);
        assertEquals(FILE_BYTES_MAX, result.number("written"), result::toString);
        assertEquals(0, result.number("missing"), result::toString);
        assertEquals("true", result.value("complete"), result::toString);
        assertTrue(result.value("message").contains("ulimit -f"), result::toString);
        if (disabled.isEmpty() || disabled.equals("splice")) {
            String mechanism = disabled.isEmpty() ? "SPLICE" : "COPY";
            assertEquals(EFBIG, result.number("errno"), result::toString);
            assertEquals(mechanism, result.value("mechanism"), result::toString);
        } else {
            assertEquals("null", result.value("call"), result::toString);
            assertEquals("COPY", result.value("mechanism"), result::toString);
        }
    }

    @Test
    void withoutTheCoreTheResultSaysWhy() throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(WithoutCoreProgram.class)
                        .property("io.zerocopy.disable", "all")
                        .argument(folder.resolve("source"), folder.resolve("target"))
                        .run();
        assertEquals("false", result.value("available"), result::toString);
        assertEquals("true", result.value("same"), result::toString);
        assertEquals("[COPY]", result.value("mechanisms"), result::toString);
        String fallbacks = result.value("fallbacks");
        assertTrue(fallbacks.contains("the native core is not loaded"), fallbacks);
        assertTrue(fallbacks.contains("errno=0"), fallbacks);
    }
}
