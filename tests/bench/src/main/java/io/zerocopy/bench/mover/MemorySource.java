package io.zerocopy.bench.mover;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A mapped file: memory that has no channel. */
final class MemorySource implements Source {
    private static final Map<Path, MappedByteBuffer> MAPPED = new HashMap<>();

    private final MappedByteBuffer memory;

    private MemorySource(MappedByteBuffer memory) {
        this.memory = memory;
    }

    /**
     * With its pages present: what a server has that keeps its data in memory. Mapped once and for
     * all, because Java 17 can't unmap.
     */
    static synchronized MemorySource map(Path path) throws IOException {
        MappedByteBuffer memory = MAPPED.get(path);
        if (memory == null) {
            try (FileChannel file = FileChannel.open(path)) {
                memory = file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()).load();
            }
            MAPPED.put(path, memory);
        }
        return new MemorySource(memory);
    }

    /** What to send at this position of a transfer that repeats the memory if it is longer. */
    ByteBuffer piece(long position, long bytesMax) {
        int offset = (int) (position % memory.capacity());
        return memory.slice(offset, (int) Math.min(bytesMax, memory.capacity() - offset));
    }

    @Override
    public ReadableByteChannel channel() {
        throw new UnsupportedOperationException("memory has no channel");
    }

    /** It stays mapped. */
    @Override
    public void close() {}
}
