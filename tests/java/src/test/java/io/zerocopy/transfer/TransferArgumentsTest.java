package io.zerocopy.transfer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.DirectIo;
import io.zerocopy.End;
import io.zerocopy.Mechanism;
import io.zerocopy.Transfer;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.PatternFile;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * Goal: what can't be done is refused before anything is touched, by an exception that names the
 * argument and its value, or that is the JDK's for the state of a channel.
 *
 * <p>Method: each mistake is made once.
 */
class TransferArgumentsTest {
    @TempDir Path folder;

    private Path path;
    private Path targetPath;

    @BeforeEach
    void makeFiles() throws IOException {
        path = PatternFile.dense(folder, 1, 1000).path();
        targetPath = folder.resolve("target");
    }

    @Test
    void numbersOutOfRangeAreNamedWithTheirValue() {
        Transfer.Builder builder = Transfer.from(path);
        assertRefused("position: -1 is negative", () -> builder.position(-1));
        assertRefused("count: -2 is negative", () -> builder.count(-2));
        assertRefused("chunkBytes: 0 is less than 1", () -> builder.chunkBytes(0));
        assertRefused("bytesPerSecond: -3 is less than 1", () -> builder.bytesPerSecond(-3));
        assertRefused(
                "timeout: PT0S is not longer than zero", () -> builder.timeout(Duration.ZERO));
        assertRefused(
                "idleTimeout: PT-1S is not longer than zero",
                () -> builder.idleTimeout(Duration.ofSeconds(-1)));
        assertRefused("bytes: -1 is negative", () -> DirectIo.above(-1));
    }

    @Test
    void nullIsNamed() {
        Transfer.Builder builder = Transfer.from(path);
        assertNull("source", () -> Transfer.from((Path) null));
        assertNull("source", () -> Transfer.from((FileChannel) null));
        assertNull("target", () -> builder.to((SocketChannel) null));
        assertNull("target", () -> builder.to((FileChannel) null, 0));
        assertNull("target", () -> builder.to((Path) null));
        assertNull("callback", () -> builder.onProgress(null));
        assertNull("policy", () -> builder.directIo(null));
        assertNull("executor", () -> builder.to(targetPath).build().start(null));
    }

    @Test
    void positionNeedsAFile() throws IOException {
        try (Connection connection = Connection.tcp()) {
            Transfer.Builder builder = Transfer.from(connection.peer());
            assertRefused("position: 5 needs a file as source", () -> builder.position(5));
        }
    }

    @Test
    void targetFilePositionIsNotNegative() throws IOException {
        try (FileChannel target = openTarget()) {
            Transfer.Builder builder = Transfer.from(path);
            assertRefused("position: -7 is negative", () -> builder.to(target, -7));
        }
    }

    @Test
    void readIsNoOptionOfATarget() {
        Transfer.Builder builder = Transfer.from(path);
        assertRefused("options: [READ] has READ", () -> builder.to(path, StandardOpenOption.READ));
    }

    @Test
    void transferWithoutATargetIsNotBuilt() {
        Throwable thrown =
                assertThrows(IllegalStateException.class, () -> Transfer.from(path).build());
        assertTrue(thrown.getMessage().contains("no target"), thrown::toString);
    }

    @Test
    void sourceIsNotItsOwnTarget() throws IOException {
        assertRefused("is the source itself", () -> Transfer.from(path).to(path).build());
        try (FileChannel both =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            assertRefused("is the source itself", () -> Transfer.from(both).to(both, 5000).build());
        }
    }

    @Test
    void sourceUnderAnotherNameIsNotCutToNothing() throws IOException {
        Path other = Files.createLink(folder.resolve("other"), path);
        try (Transfer transfer = Transfer.from(path).to(other).build()) {
            assertRefused("is the source itself", transfer::run);
        }
        assertEquals(1000, Files.size(path));
    }

    @ParameterizedTest
    @EnumSource(
            value = Mechanism.class,
            names = {"MSG_ZEROCOPY", "JDK"})
    void mechanismThatServesNoTransferIsRefused(Mechanism mechanism) {
        Transfer.Builder builder = Transfer.from(path).to(targetPath).mechanism(mechanism);
        assertRefused("mechanism: " + mechanism, builder::build);
    }

    @ParameterizedTest
    @EnumSource(
            value = Mechanism.class,
            names = {"SENDFILE", "MAPPED", "DIRECT_IO", "COPY_FILE_RANGE"})
    void mechanismOfFilesIsRefusedForAStream(Mechanism mechanism) throws IOException {
        try (Connection connection = Connection.pipe()) {
            Transfer.Builder builder =
                    Transfer.from(connection.peer()).to(targetPath).mechanism(mechanism);
            assertRefused("mechanism: " + mechanism + " needs a file", builder::build);
        }
    }

    @Test
    void stableIsNotServedBySharedPages() throws IOException {
        try (Connection connection = Connection.tcp()) {
            Transfer.Builder builder =
                    Transfer.from(path)
                            .to(connection.target())
                            .stable(true)
                            .mechanism(Mechanism.SENDFILE);
            assertRefused("stable(true) forbids", builder::build);
        }
    }

    @Test
    void buildTouchesNothing() throws IOException {
        Path missing = folder.resolve("missing");
        Files.writeString(targetPath, "as it was");
        try (Transfer transfer = Transfer.from(missing).to(targetPath).build()) {
            assertEquals("as it was", Files.readString(targetPath));
            assertThrows(NoSuchFileException.class, transfer::run);
            assertEquals("as it was", Files.readString(targetPath));
        }
    }

    @Test
    void optionsOfATargetAreThoseOfFiles() throws IOException {
        Files.writeString(targetPath, "as it was");
        StandardOpenOption[] options = {StandardOpenOption.CREATE_NEW};
        try (Transfer transfer = Transfer.from(path).to(targetPath, options).build()) {
            assertThrows(FileAlreadyExistsException.class, transfer::run);
        }
        assertEquals("as it was", Files.readString(targetPath));
    }

    @Test
    void closedChannelIsRefused() throws IOException {
        FileChannel source = FileChannel.open(path);
        source.close();
        try (Transfer transfer = Transfer.from(source).to(targetPath).build()) {
            assertThrows(ClosedChannelException.class, transfer::run);
        }
        FileChannel target = openTarget();
        target.close();
        try (Transfer transfer = Transfer.from(path).to(target).build()) {
            assertThrows(ClosedChannelException.class, transfer::run);
        }
    }

    @Test
    void filesMustBeOpenForTheirDirection() throws IOException {
        Path unused = folder.resolve("unused");
        try (FileChannel readable = FileChannel.open(path);
                FileChannel writable = openTarget();
                Transfer fromWritable = Transfer.from(writable).to(unused).build();
                Transfer intoReadable = Transfer.from(targetPath).to(readable).build()) {
            assertThrows(NonReadableChannelException.class, fromWritable::run);
            assertThrows(NonWritableChannelException.class, intoReadable::run);
        }
    }

    @Test
    void socketMustBeConnected() throws IOException {
        try (SocketChannel socket = SocketChannel.open();
                Transfer to = Transfer.from(path).to(socket).build();
                Transfer from = Transfer.from(socket).to(targetPath).build()) {
            assertThrows(NotYetConnectedException.class, to::run);
            assertThrows(NotYetConnectedException.class, from::run);
        }
    }

    @Test
    void closedTransferDoesNothingMore() throws IOException {
        Transfer transfer = Transfer.from(path).to(targetPath).build();
        transfer.close();
        transfer.close();
        assertThrows(IllegalStateException.class, transfer::run);
        ByteBuffer into = ByteBuffer.allocate(1);
        assertThrows(IllegalStateException.class, () -> transfer.drainUndelivered(into));
        assertFalse(Files.exists(targetPath));
        assertEquals(0, transfer.progress().delivered());
    }

    @Test
    void drainIntoAReadOnlyBufferIsRefused() throws IOException {
        try (Transfer transfer = Transfer.from(path).to(targetPath).build()) {
            ByteBuffer into = ByteBuffer.allocate(1).asReadOnlyBuffer();
            assertThrows(ReadOnlyBufferException.class, () -> transfer.drainUndelivered(into));
        }
    }

    @Test
    void cancelBeforeTheRunTouchesNothingAndCountsOnce() throws IOException {
        try (Transfer transfer = Transfer.from(path).to(targetPath).build()) {
            transfer.cancel();
            assertEquals(End.CANCELLED, transfer.run().end());
            assertFalse(Files.exists(targetPath));
            assertEquals(End.COMPLETE, transfer.run().end());
            assertEquals(1000, Files.size(targetPath));
        }
    }

    private FileChannel openTarget() throws IOException {
        return FileChannel.open(targetPath, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    private static void assertRefused(String text, Executable call) {
        Throwable thrown = assertThrows(IllegalArgumentException.class, call);
        assertTrue(thrown.getMessage().contains(text), thrown::toString);
    }

    private static void assertNull(String name, Executable call) {
        assertEquals(name, assertThrows(NullPointerException.class, call).getMessage());
    }
}
