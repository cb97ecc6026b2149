package io.zerocopy.cli.compare;

import io.zerocopy.cli.terminal.ByteSize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/** Makes the files to send, and reads them. */
final class SampleFile {
    private static final int BUFFER_BYTES = 1024 * 1024;

    /** Left free on the disk, for the reports and for whoever else writes there. */
    private static final long SPARE_BYTES = 64L * 1024 * 1024;

    private static final long SEED = 7;

    private SampleFile() {}

    /** Random content, the same in every run: a byte lost, doubled or moved shows. */
    static Path make(Path file, ByteSize size) throws ExperimentException {
        try {
            requireSpace(file, size);
            try (FileChannel target =
                    FileChannel.open(
                            file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                fill(target, size.bytes());
                // Else the kernel would write the file back while the transfers are timed.
                target.force(false);
            }
            return file;
        } catch (IOException failure) {
            throw new ExperimentException(
                    "cannot write a sample file of "
                            + size
                            + " in "
                            + file.getParent()
                            + ": "
                            + failure.getMessage(),
                    failure);
        }
    }

    /** Checksum of the whole file. Reading it also brings it into the page cache. */
    static long crc32c(Path file) throws ExperimentException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ)) {
            while (source.read(buffer.clear()) >= 0) {
                crc.update(buffer.flip());
            }
        } catch (IOException failure) {
            throw new ExperimentException(
                    "cannot read " + file + ": " + failure.getMessage(), failure);
        }
        return crc.getValue();
    }

    private static void requireSpace(Path file, ByteSize size)
            throws IOException, ExperimentException {
        long usable = file.getParent().toFile().getUsableSpace();
        long needed = size.bytes() + SPARE_BYTES;
        if (usable < needed) {
            throw new ExperimentException(
                    "not enough room for a sample file of "
                            + size
                            + " in "
                            + file.getParent()
                            + ": "
                            + needed / 1_000_000
                            + " MB needed, "
                            + usable / 1_000_000
                            + " MB free. Choose another --output or smaller --sizes.");
        }
    }

    private static void fill(FileChannel target, long bytes) throws IOException {
        SplittableRandom random = new SplittableRandom(SEED);
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
        for (long left = bytes; left > 0; left -= buffer.limit()) {
            buffer.clear();
            while (buffer.hasRemaining()) {
                buffer.putLong(random.nextLong());
            }
            buffer.flip().limit((int) Math.min(BUFFER_BYTES, left));
            while (buffer.hasRemaining()) {
                target.write(buffer);
            }
        }
    }
}
