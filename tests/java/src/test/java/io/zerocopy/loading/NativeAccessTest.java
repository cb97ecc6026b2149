package io.zerocopy.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.ChildJvm;

import org.junit.jupiter.api.Test;

import java.nio.file.Files;

/**
 * Goal: the library obeys the JDK's rules for native code (JEP 472): forbidden, it falls back;
 * allowed, nothing is printed; as a module and on the class path.
 *
 * <p>Method: child JVMs with the options of the command line that users would give.
 */
class NativeAccessTest {
    @Test
    void forbiddenItFallsBackWithTheJdksOwnCause() throws Exception {
        assumeTrue(ChildJvm.hasNativeAccessRules(), "JDK 24 is the first that can forbid it");
        ChildJvm.Result result =
                ChildJvm.of(Report.class)
                        .withoutNativeAccess()
                        .option("--illegal-native-access=deny")
                        .run();
        assertEquals("false", result.value("available"), result::toString);
        String cause = result.value("cause");
        assertTrue(cause.startsWith("java.lang.IllegalCallerException"), cause);
        assertEquals("true", result.value("small"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        assertTrue(result.value("ensured").contains("UnsatisfiedLinkError"), result::toString);
        assertEquals(1, result.warnings().size(), result::toString);
    }

    @Test
    void allowedOnTheClassPathItIsQuiet() throws Exception {
        assertWorksQuietly(ChildJvm.of(Report.class));
    }

    @Test
    void allowedAsAModuleItIsQuiet() throws Exception {
        boolean isModule =
                Files.isRegularFile(ChildJvm.whereIs(ZeroCopy.class))
                        || ZeroCopy.class.getResource("/module-info.class") != null;
        assumeTrue(isModule, "the classes of this run are no module");
        assertWorksQuietly(ChildJvm.of(Report.class).asModule());
    }

    @Test
    void neitherAllowedNorForbiddenItWorksAndOnlyTheJdkWarns() throws Exception {
        ChildJvm.Result result = ChildJvm.of(Report.class).withoutNativeAccess().run();
        assertEquals("true", result.value("available"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        assertEquals(
                ChildJvm.hasNativeAccessRules(),
                result.err().contains("--enable-native-access"),
                result::toString);
        assertTrue(!result.err().contains("zerocopy-nio runs without"), result::toString);
    }

    private static void assertWorksQuietly(ChildJvm child) throws Exception {
        ChildJvm.Result result = child.run();
        assertEquals("true", result.value("available"), result::toString);
        assertEquals("true", result.value("small"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        assertEquals("{}", result.value("unguarded"), result::toString);
        assertEquals("", result.err());
    }
}
