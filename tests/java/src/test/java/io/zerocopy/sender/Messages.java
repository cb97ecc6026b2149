package io.zerocopy.sender;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zerocopy.Completion;
import io.zerocopy.SendBuffer;
import io.zerocopy.ZeroCopySender;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Connection;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** Messages whose bytes tell where they belong, and their ends. */
final class Messages {
    private Messages() {}

    /**
     * A connection that takes 2 MiB without a reader, most of which stays with the sender: there is
     * no completion before the peer reads.
     */
    static Connection connectionThatKeeps() throws IOException {
        Connection connection = Connection.tcp();
        connection.socket().setOption(StandardSocketOptions.SO_SNDBUF, 4 << 20);
        return connection;
    }

    /** A buffer of the sender with the pattern from {@code offset} on. */
    static SendBuffer acquire(ZeroCopySender sender, int bytes, long offset) {
        SendBuffer buffer = sender.acquire(bytes);
        fill(buffer.buffer(), offset);
        return buffer;
    }

    /** A direct buffer of our own with the pattern. */
    static ByteBuffer direct(int bytes, long offset) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes);
        fill(buffer, offset);
        return buffer;
    }

    /** The byte at this offset of the pattern: blocks of it have nothing in common. */
    static byte at(long offset) {
        long mixed = (offset + 1) * 0x9e37_79b9_7f4a_7c15L;
        return (byte) ((mixed ^ mixed >>> 29) >>> 40);
    }

    static void assertPattern(byte[] bytes, long offset) {
        for (int index = 0; index < bytes.length; index++) {
            if (bytes[index] != at(offset + index)) {
                assertEquals(at(offset + index), bytes[index], "byte " + (offset + index));
            }
        }
    }

    /** Waits for the end of a message. */
    static Completion await(CompletionStage<Completion> stage) {
        CompletableFuture<Completion> future = stage.toCompletableFuture();
        Await.until("the message completes", future::isDone);
        return future.join();
    }

    /** Waits for the failure of a message. */
    static Throwable awaitFailure(CompletionStage<Completion> stage) throws InterruptedException {
        CompletableFuture<Completion> future = stage.toCompletableFuture();
        Await.until("the message ends", future::isDone);
        try {
            throw new AssertionError("the message did not fail: " + future.get());
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    /** Writes the pattern from {@code offset} on. */
    static void fill(ByteBuffer buffer, long offset) {
        for (int index = 0; index < buffer.capacity(); index++) {
            buffer.put(index, at(offset + index));
        }
    }
}
