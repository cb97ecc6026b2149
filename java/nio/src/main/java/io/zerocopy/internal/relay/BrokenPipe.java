package io.zerocopy.internal.relay;

import io.zerocopy.internal.core.FallbackLog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;

/**
 * Tells EPIPE from the other failures of a write. Java gives nothing but the text of the system,
 * which is in the language of the user.
 */
final class BrokenPipe {
    private static final String TEXT = text();

    private BrokenPipe() {}

    static boolean is(IOException failure) {
        return TEXT.equals(failure.getMessage());
    }

    /** What the system says of a pipe that is broken. */
    private static String text() {
        try {
            Pipe pipe = Pipe.open();
            try (Pipe.SinkChannel sink = pipe.sink()) {
                pipe.source().close();
                sink.write(ByteBuffer.allocate(1));
                throw new AssertionError("a pipe that nobody reads from takes a byte");
            } catch (IOException e) {
                return String.valueOf(e.getMessage());
            }
        } catch (IOException e) {
            FallbackLog.warnOnce("no pipe to find out what the system says of broken ones", e);
            return "Broken pipe";
        }
    }
}
