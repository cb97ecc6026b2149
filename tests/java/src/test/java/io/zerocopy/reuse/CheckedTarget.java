package io.zerocopy.reuse;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.Await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The target of a transfer: a file, or a connection whose other end checks what comes. */
final class CheckedTarget implements Closeable {
    private static final int BUFFER_BYTES = 64 << 10;

    private final WritableByteChannel channel;
    private final ReadableByteChannel output;
    private final Path path;
    private final Pattern pattern;
    private final Future<Long> reading;

    private CheckedTarget(
            WritableByteChannel channel,
            ReadableByteChannel output,
            Path path,
            Pattern pattern,
            Future<Long> reading) {
        this.channel = channel;
        this.output = output;
        this.path = path;
        this.pattern = pattern;
        this.reading = reading;
    }

    /** An empty file, at the place of the one before it. */
    static CheckedTarget file(Path path, Pattern pattern) throws IOException {
        FileChannel file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING);
        return new CheckedTarget(file, null, path, pattern, null);
    }

    /** A connection whose other end is read at once, or only when the transfer is over. */
    static CheckedTarget connection(
            Pairs.Pair pair, Pattern pattern, boolean isReadAtOnce, ExecutorService helpers) {
        ReadableByteChannel output = pair.output();
        Future<Long> reading =
                isReadAtOnce ? helpers.submit(() -> checkAll(pattern, output)) : null;
        return new CheckedTarget(pair.input(), output, null, pattern, reading);
    }

    WritableByteChannel channel() {
        return channel;
    }

    boolean isFile() {
        return path != null;
    }

    void configureNonBlocking() throws IOException {
        ((SelectableChannel) channel).configureBlocking(false);
    }

    /**
     * Closes the target and checks that so many bytes of the pattern and nothing else have come.
     */
    void check(long least, long most) throws IOException {
        channel.close();
        long came = count();
        assertTrue(
                least <= came && came <= most,
                () -> came + " bytes came, of " + least + " to " + most + " that were counted");
    }

    private long count() throws IOException {
        if (path != null) {
            try (FileChannel written = FileChannel.open(path)) {
                return checkAll(pattern, written);
            }
        }
        if (reading == null) {
            return checkAll(pattern, output);
        }
        try {
            return reading.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Pattern.ForeignBytesError) {
                throw (Pattern.ForeignBytesError) e.getCause();
            }
            throw new AssertionError("the target could not be read", e.getCause());
        } catch (Exception e) {
            throw new AssertionError("the target could not be read", e);
        }
    }

    private static long checkAll(Pattern pattern, ReadableByteChannel output) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        long count = 0;
        while (output.read(buffer.clear()) >= 0) {
            buffer.flip();
            int read = buffer.remaining();
            pattern.check("a target", count, buffer);
            count += read;
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (output != null) {
            output.close();
        }
    }
}
