package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.fixture.Receiver;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * Positions and counts that do not fit in 32 bits, with a sparse file of more than 4 GiB whose
 * content lies around the borders: 2 GiB - 4 KiB, 2 GiB, 4 GiB and the end.
 */
@ExtendWith(LeakCounter.class)
class LargeFileTest {
    private static final long GIB = 1L << 30;

    /** So large that the one at 2 GiB begins before 2 GiB - 4 KiB. */
    private static final long ISLAND_BYTES = 16 << 10;

    private static final long SIZE = 4 * GIB + 12_345;

    @TempDir private static Path folder;
    private static PatternFile file;

    @BeforeAll
    static void makeFile() throws IOException {
        long half = ISLAND_BYTES / 2;
        file =
                PatternFile.sparse(
                        folder,
                        4,
                        SIZE,
                        ISLAND_BYTES,
                        0,
                        2 * GIB - half,
                        4 * GIB - half,
                        4 * GIB + half);
    }

    /** A named difference: the JDK's transfer ends at 2 GiB - 4 KiB. */
    @Test
    void sendsMoreThan4GibibytesInOneCall() throws Exception {
        try (FileChannel source = file.open();
                Connection connection = Connection.tcpWithLargeBuffers();
                Receiver receiver = Receiver.checking(connection.peer(), file, 0)) {
            assertEquals(SIZE, ZeroCopy.transferTo(source, 0, Long.MAX_VALUE, connection.target()));
            connection.target().close();
            assertEquals(SIZE, receiver.awaitEnd());
        }
    }

    @ParameterizedTest
    @EnumSource(Connection.Kind.class)
    void sendsFromBeyond4Gibibytes(Connection.Kind kind) throws Exception {
        long position = 4 * GIB - 101;
        try (FileChannel source = file.open();
                Connection connection = Connection.open(kind);
                Receiver receiver = Receiver.checking(connection.peer(), file, position)) {
            long count = SIZE - position;
            assertEquals(count, ZeroCopy.transferTo(source, position, SIZE, connection.target()));
            connection.target().close();
            assertEquals(count, receiver.awaitEnd());
        }
    }

    @Test
    void copiesFromAndToBeyond4Gibibytes() throws Exception {
        long position = 4 * GIB - 101;
        long targetPosition = 5 * GIB + 1;
        try (FileChannel source = file.open();
                FileChannel target = FileChannel.open(folder.resolve("target"), CREATE, WRITE)) {
            target.position(targetPosition);
            assertEquals(
                    SIZE - position, ZeroCopy.transferTo(source, position, Long.MAX_VALUE, target));
            assertEquals(targetPosition + SIZE - position, target.position());
        }
        try (FileChannel target = FileChannel.open(folder.resolve("target"))) {
            ByteBuffer content = ByteBuffer.allocate(1 << 16);
            target.read(content, targetPosition);
            file.check(position, content.flip());
            assertEquals(SIZE - position, content.limit());
        }
    }
}
