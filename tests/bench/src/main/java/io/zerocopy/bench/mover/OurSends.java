package io.zerocopy.bench.mover;

import io.zerocopy.Completion;
import io.zerocopy.ZeroCopySender;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Sends memory by a {@link ZeroCopySender}, one for each time. */
final class OurSends {
    private OurSends() {}

    /** Returns when the kernel has given back all memory, as the C program does. */
    static void send(Source source, Target target, long bytes) throws IOException {
        MemorySource memory = (MemorySource) source;
        List<CompletableFuture<Completion>> completions = new ArrayList<>();
        try (ZeroCopySender sender = ZeroCopySender.open((SocketChannel) target.channel())) {
            for (long sent = 0; sent < bytes; ) {
                ByteBuffer piece = memory.piece(sent, Math.min(Method.SEND_BYTES, bytes - sent));
                sent += piece.remaining();
                completions.add(sender.send(piece).toCompletableFuture());
            }
            checkMostlyZeroCopy(completions, bytes);
        }
    }

    /** The sender copies by itself where the kernel would; then this row measures nothing. */
    private static void checkMostlyZeroCopy(
            List<CompletableFuture<Completion>> completions, long bytes) throws IOException {
        long zeroCopyBytes = 0;
        for (CompletableFuture<Completion> completion : completions) {
            zeroCopyBytes += completion.join().zeroCopyBytes();
        }
        if (zeroCopyBytes < bytes / 2) {
            throw new IOException(
                    "only " + zeroCopyBytes + " of " + bytes + " bytes were not copied");
        }
    }
}
