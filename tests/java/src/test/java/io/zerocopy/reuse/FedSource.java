package io.zerocopy.reuse;

import io.zerocopy.fixture.Await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The source of a transfer: a file, or a connection into which another thread puts a pattern. */
final class FedSource implements Closeable {
    private final ReadableByteChannel channel;
    private final WritableByteChannel input;
    private final Future<?> feeding;

    private FedSource(ReadableByteChannel channel, WritableByteChannel input, Future<?> feeding) {
        this.channel = channel;
        this.input = input;
        this.feeding = feeding;
    }

    static FedSource file(Pattern pattern) throws IOException {
        return new FedSource(pattern.open(), null, null);
    }

    /** A connection that brings {@code bytes} and then nothing, not even an end. */
    static FedSource connection(
            Pairs.Pair pair, Pattern pattern, long bytes, ExecutorService helpers) {
        WritableByteChannel input = pair.input();
        Future<?> feeding =
                helpers.submit(
                        () -> {
                            feed(pattern, bytes, input, pair.output());
                            return null;
                        });
        return new FedSource(pair.output(), input, feeding);
    }

    ReadableByteChannel channel() {
        return channel;
    }

    void configureNonBlocking() throws IOException {
        ((SelectableChannel) channel).configureBlocking(false);
    }

    boolean isFile() {
        return channel instanceof FileChannel;
    }

    /** Closes it, and fails if what should have been put into it could not be. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (input == null) {
            return;
        }
        try {
            feeding.get(Await.LONG.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("the source could not be fed", e);
        } finally {
            input.close();
        }
    }

    private static void feed(
            Pattern pattern, long bytes, WritableByteChannel into, ReadableByteChannel output)
            throws IOException {
        long fed = 0;
        try {
            while (fed < bytes) {
                ByteBuffer piece = pattern.from(fed, bytes - fed);
                while (piece.hasRemaining()) {
                    fed += into.write(piece);
                }
            }
        } catch (IOException e) {
            if (output.isOpen()) {
                throw e;
            }
        }
    }
}
