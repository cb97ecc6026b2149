package io.zerocopy.internal.channel;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;

/** What a transfer throws when a channel was closed under it, as JDK 25 has it. */
public final class Closed {
    private Closed() {}

    /** The exception to throw instead of {@code e}. After an interrupt both channels are closed. */
    public static AsynchronousCloseException duringTransfer(
            ClosedChannelException e, Channel source, Channel target) {
        if (e instanceof ClosedByInterruptException) {
            return closeBoth((ClosedByInterruptException) e, source, target);
        }
        if (Thread.currentThread().isInterrupted()) {
            return closeBoth(new ClosedByInterruptException(), source, target);
        }
        if (e instanceof AsynchronousCloseException) {
            return (AsynchronousCloseException) e;
        }
        AsynchronousCloseException closed = new AsynchronousCloseException();
        closed.addSuppressed(e);
        return closed;
    }

    private static ClosedByInterruptException closeBoth(
            ClosedByInterruptException interrupted, Channel source, Channel target) {
        for (Channel channel : new Channel[] {source, target}) {
            try {
                channel.close();
            } catch (IOException e) {
                interrupted.addSuppressed(e);
            }
        }
        return interrupted;
    }
}
