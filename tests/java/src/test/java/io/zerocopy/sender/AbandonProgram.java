package io.zerocopy.sender;

import io.zerocopy.SendBuffer;
import io.zerocopy.ZeroCopySender;
import io.zerocopy.fixture.Connection;

import java.nio.ByteBuffer;

/** Closes a connection whose peer never reads, with bytes of both kinds in flight. */
public final class AbandonProgram {
    private static final int BYTES = 1 << 20;

    private AbandonProgram() {}

    /** Fails by an exception. */
    public static void main(String[] arguments) throws Exception {
        try (Connection connection = Messages.connectionThatKeeps()) {
            ZeroCopySender sender = ZeroCopySender.open(connection.socket());
            SendBuffer pages = Messages.acquire(sender, BYTES, 0);
            ByteBuffer own = Messages.direct(BYTES, BYTES);
            var first = sender.send(pages);
            var second = sender.send(own);
            if (sender.bytesInFlight() < BYTES) {
                throw new AssertionError("in flight: " + sender.bytesInFlight());
            }
            sender.close();
            String text = Messages.awaitFailure(first).getMessage();
            if (!text.contains("200 ms") || !text.contains("must not be used")) {
                throw new AssertionError(text);
            }
            Messages.awaitFailure(second);
            if (ZeroCopySender.abandonedBytes() != 2 * BYTES) {
                throw new AssertionError("abandoned: " + ZeroCopySender.abandonedBytes());
            }
            for (int index = 0; index < BYTES; index++) {
                pages.buffer().put(index, (byte) 1);
            }
        }
    }
}
