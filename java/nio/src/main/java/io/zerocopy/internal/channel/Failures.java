package io.zerocopy.internal.channel;

import io.zerocopy.Mechanism;
import io.zerocopy.TransferException;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.transfer.Account;

import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;

/** What the drop-ins throw. */
final class Failures {
    private Failures() {}

    /**
     * The exception that a channel of the JDK would have thrown, with this one as its cause.
     *
     * @param isToFile whether the target is a file, so that only the source can have been reset
     */
    static IOException asJdkException(IOException e, boolean isToFile) {
        if (!(e instanceof SystemCallException)) {
            return e;
        }
        SystemCallException failed = (SystemCallException) e;
        if (isToFile && failed.errno() == SocketReadGuard.ECONNRESET) {
            SocketException reset = new SocketException("Connection reset");
            reset.initCause(failed);
            return reset;
        }
        return failed.asJdkException();
    }

    /** A failure of an engine, with everything that it has taken and not delivered. */
    static TransferException ofTransfer(IOException e, NativeEngine engine) throws IOException {
        Account account = engine.account();
        ByteBuffer undelivered = ByteBuffer.allocate(Math.toIntExact(engine.undeliveredBytes()));
        engine.drainUndelivered(undelivered);
        int errno = 0;
        String call = null;
        Mechanism mechanism = null;
        if (e instanceof SystemCallException) {
            SystemCallException failed = (SystemCallException) e;
            errno = failed.errno();
            call = failed.call();
            mechanism = failed.mechanism();
        }
        IOException cause = asJdkException(e, engine.isToFile());
        return new TransferException(
                messageOf(cause),
                cause,
                errno,
                call,
                mechanism,
                account.delivered(),
                account.consumed(),
                undelivered.flip());
    }

    /** A failure of a copy through a buffer, whose remaining bytes were not delivered. */
    static TransferException ofCopy(
            String message, IOException cause, long delivered, ByteBuffer left) {
        ByteBuffer undelivered = ByteBuffer.allocate(left.remaining());
        undelivered.put(left).flip();
        return new TransferException(
                message,
                cause,
                0,
                null,
                Mechanism.COPY,
                delivered,
                delivered + undelivered.remaining(),
                undelivered);
    }

    /** The text of an exception, of which those of a close have none. */
    static String messageOf(IOException e) {
        return e.getMessage() != null ? e.getMessage() : e.getClass().getSimpleName();
    }
}
