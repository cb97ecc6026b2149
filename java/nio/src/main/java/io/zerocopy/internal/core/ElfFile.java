package io.zerocopy.internal.core;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A file in the format of Linux's libraries, as far as it must be looked at before it is mapped.
 */
final class ElfFile {
    private static final int MAGIC = 0x464c457f;
    private static final int HEADER_BYTES = 64;
    private static final int SECTION_TABLE_OFFSET = 0x28;
    private static final int SECTION_ENTRY_BYTES = 0x3a;
    private static final int SECTION_COUNT = 0x3c;

    private ElfFile() {}

    /**
     * Whether the end of a library is missing, as after a copy that broke off. The dynamic linker
     * does not look: it maps what is not there, and the process dies by SIGBUS.
     *
     * <p>The table of sections stands at the end of the file.
     *
     * @return false also for what is no library at all, which the linker refuses by itself
     */
    static boolean isCutOff(Path path) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        // Not a channel, which an interrupt of this thread would close.
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            if (file.read(header.array()) < HEADER_BYTES || header.getInt(0) != MAGIC) {
                return false;
            }
            long sections = header.getLong(SECTION_TABLE_OFFSET);
            int count = Short.toUnsignedInt(header.getShort(SECTION_COUNT));
            int entryBytes = Short.toUnsignedInt(header.getShort(SECTION_ENTRY_BYTES));
            return file.length() - (long) count * entryBytes < sections;
        }
    }
}
