package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Mechanism;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.TransferResult;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;

/**
 * Goal: a mechanism that was asked for is the only one that moves bytes, or the transfer says why
 * it can't.
 *
 * <p>Method: mechanisms between ends that they serve, and between ends that they don't.
 */
class TransferMechanismTest {
    private static final int SIZE = (1 << 20) + 1;

    @TempDir Path folder;

    private PatternFile file;
    private byte[] content;
    private Path targetPath;

    @BeforeEach
    void makeFile() throws IOException {
        file = PatternFile.dense(folder, 3, SIZE);
        content = PatternFile.bytes(3, 0, SIZE);
        targetPath = folder.resolve("target");
    }

    @ParameterizedTest
    @CsvSource({"SENDFILE, TCP", "MAPPED, TCP", "COPY, UNIX", "SPLICE, PIPE"})
    void onlyTheMechanismThatWasAskedForMovesTheBytes(Mechanism mechanism, Kind kind)
            throws Exception {
        try (FileChannel source = file.open();
                Connection out = Connection.open(kind);
                Receiver receiver = Receiver.collecting(out.peer());
                Transfer transfer =
                        Transfer.from(source).mechanism(mechanism).to(out.target()).build()) {
            TransferResult result = transfer.run();
            assertEquals(Set.of(mechanism), result.mechanisms());
            assertEquals(List.of(), result.fallbacks());
            assertTrue(result.systemCalls() > 0, result::toString);
            out.target().close();
            assertArrayEquals(content, receiver.awaitBytes());
        }
    }

    /** There is no silent fallback from a mechanism that was asked for. */
    @Test
    void mechanismThatCannotServeSaysWhy() throws Exception {
        try (FileChannel source = file.open();
                FileChannel appended =
                        FileChannel.open(
                                targetPath, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                Connection out = Connection.pipe();
                Transfer foreign =
                        Transfer.from(EngineKind.BUFFER.file(source))
                                .mechanism(Mechanism.SENDFILE)
                                .to(out.target())
                                .build();
                Transfer refused =
                        Transfer.from(source).mechanism(Mechanism.SENDFILE).to(appended).build()) {
            TransferException thrown = assertThrows(TransferException.class, foreign::run);
            assertEquals(Mechanism.SENDFILE, thrown.mechanism());
            assertTrue(thrown.getMessage().contains("can't be guarded"), thrown::toString);
            thrown = assertThrows(TransferException.class, refused::run);
            assertEquals(Mechanism.SENDFILE, thrown.mechanism());
            assertTrue(thrown.getMessage().contains("leave mechanism() out"), thrown::toString);
        }
        assertEquals(0, Files.size(targetPath));
    }
}
