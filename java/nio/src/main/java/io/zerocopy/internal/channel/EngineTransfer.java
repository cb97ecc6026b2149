package io.zerocopy.internal.channel;

import io.zerocopy.End;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.transfer.Limits;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.IllegalBlockingModeException;

/** The drop-ins over the native engine: what they return, and what they throw where it fails. */
final class EngineTransfer {
    private EngineTransfer() {}

    /**
     * As {@code FileChannel.transferFrom}: after progress an error is left to the next call, which
     * meets it again, unless bytes were taken that can't be delivered.
     */
    static long transferFrom(NativeEngine engine) throws IOException {
        try (engine) {
            try {
                // Ends: a run that leaves something over has come to its turn, and the next one
                // delivers some of it, to a file, or fails.
                do {
                    engine.run(Limits.NONE);
                } while (engine.undeliveredBytes() > 0);
                return engine.delivered();
            } catch (ClosedByInterruptException e) {
                throw withUndelivered(e, engine);
            } catch (IOException e) {
                if (engine.undeliveredBytes() > 0) {
                    throw Failures.ofTransfer(e, engine);
                }
                if (engine.delivered() > 0) {
                    return engine.delivered();
                }
                throw Failures.asJdkException(e, true);
            }
        }
    }

    /** Everything: a count means that the source is at its end, so any failure is thrown. */
    static long copy(NativeEngine engine) throws IOException {
        try (engine) {
            try {
                End end = engine.run(Limits.NONE);
                if (end == End.WAIT_SOURCE || end == End.WAIT_TARGET) {
                    // Another thread has changed the mode since it was checked.
                    throw new IllegalBlockingModeException();
                }
                return engine.delivered();
            } catch (ClosedByInterruptException e) {
                throw withUndelivered(e, engine);
            } catch (AsynchronousCloseException e) {
                throw engine.undeliveredBytes() > 0 ? Failures.ofTransfer(e, engine) : e;
            } catch (SystemCallException e) {
                throw Failures.ofTransfer(e, engine);
            }
        }
    }

    /** An interrupt is told by its own class, and what it left over is not lost either. */
    private static ClosedByInterruptException withUndelivered(
            ClosedByInterruptException interrupted, NativeEngine engine) throws IOException {
        if (engine.undeliveredBytes() > 0) {
            interrupted.addSuppressed(Failures.ofTransfer(new IOException("interrupted"), engine));
        }
        return interrupted;
    }
}
