package io.zerocopy.reuse;

import io.zerocopy.fixture.PatternFile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Bytes that nobody else has: those of one file, which a stream repeats without an end. */
final class Pattern {
    /** Odd, so that the repetitions do not begin where pages or pieces do. */
    static final int BYTES = 100_003;

    private final PatternFile file;
    private final byte[] bytes;

    private Pattern(PatternFile file, byte[] bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    static Pattern make(Path folder, long seed) throws IOException {
        PatternFile file = PatternFile.dense(folder, seed, BYTES);
        return new Pattern(file, PatternFile.bytes(seed, 0, BYTES));
    }

    FileChannel open() throws IOException {
        return file.open();
    }

    /** Where in the file the byte of the stream is. */
    static int within(long offset) {
        return (int) (offset % BYTES);
    }

    /** The bytes from this one of the stream on, up to the end of the repetition. */
    ByteBuffer from(long offset, long most) {
        int begin = within(offset);
        return ByteBuffer.wrap(bytes, begin, (int) Math.min(most, BYTES - begin)).slice();
    }

    /**
     * Checks that these are the bytes of the stream from {@code offset} on.
     *
     * @throws ForeignBytesError if they are not
     */
    void check(String where, long offset, ByteBuffer actual) {
        ByteBuffer left = actual.duplicate();
        long at = offset;
        while (left.hasRemaining()) {
            ByteBuffer expected = from(at, left.remaining());
            int count = expected.remaining();
            int mismatch = expected.mismatch(left.duplicate().limit(left.position() + count));
            if (mismatch >= 0) {
                throw new ForeignBytesError(where + " at " + (at + mismatch));
            }
            left.position(left.position() + count);
            at += count;
        }
    }

    /** Somebody wrote where the descriptor was not his any more, or read from there. */
    static final class ForeignBytesError extends AssertionError {
        private static final long serialVersionUID = 1L;

        ForeignBytesError(String where) {
            super("foreign bytes in " + where);
        }
    }
}
