package io.zerocopy.sender;

import io.zerocopy.Completion;
import io.zerocopy.ZeroCopySender;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Receiver;

import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Sends in both modes in a JVM that has no native core. */
public final class PlainProgram {
    private static final int BYTES = 1 << 20;

    private PlainProgram() {}

    /** Fails by an exception. */
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = Connection.tcp()) {
            ZeroCopySender sender = ZeroCopySender.open(connection.socket());
            if (!sender.whyCopying().contains("native core")) {
                throw new AssertionError(sender.whyCopying());
            }
            connection.configureBlocking(false);
            CompletionStage<Completion> queued = sender.send(Messages.acquire(sender, BYTES, 0));
            if (sender.bytesUnsent() == 0 || queued.toCompletableFuture().isDone()) {
                throw new AssertionError("the connection took everything");
            }
            try (Receiver receiver = Receiver.collecting(connection.peer())) {
                connection.configureBlocking(true);
                CompletionStage<Completion> sent = sender.send(Messages.direct(BYTES, BYTES));
                if (!Messages.await(sent)
                        .copyCauses()
                        .equals(Set.of(Completion.CopyCause.UNSUPPORTED))) {
                    throw new AssertionError(Messages.await(sent).toString());
                }
                Messages.await(queued);
                sender.close();
                connection.socket().close();
                Messages.assertPattern(receiver.awaitBytes(), 0);
                if (receiver.count() != 2 * BYTES) {
                    throw new AssertionError("received " + receiver.count());
                }
            }
        }
    }
}
