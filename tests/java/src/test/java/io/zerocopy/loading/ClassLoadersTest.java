package io.zerocopy.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.ChildJvm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/**
 * Goal: two class loaders in one JVM can both have the library, as in an application server.
 *
 * <p>Method: a child JVM with two loaders over the same class path. The JVM allows a library file
 * to one loader only, so an extracted copy works for both and a file with a name for one.
 */
class ClassLoadersTest {
    @Test
    void bothLoadTheirOwnCopyFromTheJar() throws Exception {
        ChildJvm.Result result = run(child());
        for (String loader : new String[] {"first", "second", "again"}) {
            assertEquals("true", result.value(loader + ".available"), result::toString);
            assertEquals("{}", result.value(loader + ".unguarded"), result::toString);
            assertEquals("null", result.value(loader + ".SENDFILE.unusable"), result::toString);
        }
        assertEquals(300_000, result.number("first.SENDFILE.bytes"));
        assertEquals(300_000, result.number("second.SENDFILE.bytes"), "the counts are apart");
        assertEquals("", result.err());
    }

    @Test
    void theSecondTakesTheJarWhereTheFirstHasTheLibraryPath(@TempDir Path folder) throws Exception {
        LibraryFile.extractTo(folder);
        ChildJvm.Result result = run(child().property("java.library.path", folder));
        assertEquals("true", result.value("first.available"), result::toString);
        assertEquals("true", result.value("second.available"), result::toString);
        assertEquals("{}", result.value("second.unguarded"), result::toString);
    }

    @Test
    void theSecondFallsBackWhereTheFirstHasTheExplicitFile(@TempDir Path folder) throws Exception {
        Path file = LibraryFile.extractTo(folder);
        ChildJvm.Result result = run(child().property("io.zerocopy.library.path", file));
        assertEquals("true", result.value("first.available"), result::toString);
        assertEquals("false", result.value("second.available"), result::toString);
        String cause = result.value("second.cause");
        assertTrue(cause.contains("already loaded in another classloader"), cause);
        assertTrue(cause.contains("-Dio.zerocopy.library.path"), cause);
    }

    private static ChildJvm child() {
        return ChildJvm.of(TwoLoaders.class)
                .argument(ChildJvm.whereIs(ZeroCopy.class), ChildJvm.whereIs(Report.class));
    }

    private static ChildJvm.Result run(ChildJvm child) throws Exception {
        ChildJvm.Result result = child.run();
        for (String loader : new String[] {"first", "second", "again"}) {
            assertEquals("true", result.value(loader + ".small"), result::toString);
            assertEquals("true", result.value(loader + ".large"), result::toString);
        }
        return result;
    }
}
