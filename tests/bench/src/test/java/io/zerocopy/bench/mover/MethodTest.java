package io.zerocopy.bench.mover;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

class MethodTest {
    /** More than the largest buffer, and no multiple of any. */
    private static final int BYTES = (1 << 20) + 4097;

    @TempDir private Path folder;

    @ParameterizedTest
    @EnumSource
    void itsWordNamesIt(Method method) {
        assertEquals(method, Method.of(method.word()));
    }

    @Test
    void oursIsToldFromOthers() {
        assertTrue(Method.ZC_TRANSFER_TO.isOurs());
        assertFalse(Method.JDK_TRANSFER_TO.isOurs());
        assertFalse(Method.COPY_1M.isOurs());
    }

    @ParameterizedTest
    @EnumSource(names = "COPY_.*", mode = EnumSource.Mode.MATCH_ALL)
    void aCopyHasExactlyTheFirstBytes(Method method) throws IOException {
        byte[] data = new byte[BYTES + 1];
        new Random(BYTES).nextBytes(data);
        Path from = Files.write(folder.resolve("from"), data);
        Path to = Files.createFile(folder.resolve("to"));
        try (Source source = Source.open(null, "file", from.toString());
                Target target = Target.open(null, "file", to.toString())) {
            method.open().move(source, target, BYTES);
        }
        assertArrayEquals(Arrays.copyOf(data, BYTES), Files.readAllBytes(to));
    }

    @Test
    void aSourceThatEndsEarlyIsAFailure() throws IOException {
        Path from = Files.write(folder.resolve("from"), new byte[10]);
        Path to = folder.resolve("new");
        try (Source source = Source.open(null, "file", from.toString());
                Target target = Target.open(null, "new-file", to.toString())) {
            assertThrows(EOFException.class, () -> Method.COPY_64K.open().move(source, target, 11));
            assertTrue(Files.exists(to));
        }
        assertFalse(Files.exists(to), "a new file goes away with the target");
    }
}
