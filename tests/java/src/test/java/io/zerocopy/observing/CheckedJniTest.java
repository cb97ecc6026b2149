package io.zerocopy.observing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Connection;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

/**
 * Goal: the native code keeps the rules of JNI in everything that it does, exceptions included.
 *
 * <p>Method: a child JVM with {@code -Xcheck:jni} makes transfers of all kinds, closes and
 * interrupts them, meets errors and a panic; the JVM must have nothing to say about it.
 */
class CheckedJniTest {
    @Test
    void theJvmsOwnChecksFindNothing(@TempDir Path folder) throws Exception {
        ChildJvm.Result result =
                ChildJvm.of(EverythingProgram.class).option("-Xcheck:jni").argument(folder).run();
        assertEquals("true", result.value("done"), result::toString);
        assertEquals("true", result.value("append"), result::toString);
        assertEquals("java.lang.AssertionError", result.value("class"), result::toString);
        for (Connection.Kind kind : Connection.Kind.values()) {
            assertEquals("0", result.value(kind + ".full"), result::toString);
        }
        // The JVM writes its warnings to one of the two.
        for (String text : new String[] {result.out(), result.err()}) {
            assertFalse(text.contains("WARNING"), result::toString);
            assertFalse(text.contains("FATAL ERROR"), result::toString);
        }
    }
}
