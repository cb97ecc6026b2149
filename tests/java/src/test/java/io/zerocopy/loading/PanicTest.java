package io.zerocopy.loading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.ChildJvm;

import org.junit.jupiter.api.Test;

/**
 * Goal: a defect in the native core is an AssertionError with its text, and the JVM lives on.
 *
 * <p>Method: a child JVM asks the core for a kind of target that does not exist.
 */
class PanicTest {
    @Test
    void aPanicBecomesAnAssertionErrorAndTheNextTransferWorks() throws Exception {
        ChildJvm.Result result = ChildJvm.of(PanicProgram.class).option("-Xcheck:jni").run();
        assertEquals("java.lang.AssertionError", result.value("class"), result::toString);
        String message = result.value("message");
        assertTrue(message.contains("target kind 99"), message);
        assertTrue(message.startsWith("zerocopy-nio: "), message);
        assertEquals("true", result.value("small"), result::toString);
        assertEquals("true", result.value("large"), result::toString);
        assertEquals(300_000, result.number("SENDFILE.bytes"), result::toString);
    }
}
