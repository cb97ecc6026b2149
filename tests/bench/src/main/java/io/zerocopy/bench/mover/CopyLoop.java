package io.zerocopy.bench.mover;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What one writes in plain Java: read into a buffer that is reused, write it out. */
final class CopyLoop implements Method.Moving {
    private final ByteBuffer buffer;

    CopyLoop(ByteBuffer buffer) {
        this.buffer = buffer;
    }

    @Override
    public void move(Source source, Target target, long bytes) throws IOException {
        for (long moved = 0; moved < bytes; ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), bytes - moved));
            Method.checked(source.read(buffer, moved));
            buffer.flip();
            while (buffer.hasRemaining()) {
                moved += target.write(buffer, moved);
            }
        }
    }
}
