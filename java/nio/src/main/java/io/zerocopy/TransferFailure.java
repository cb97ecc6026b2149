package io.zerocopy;

import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.transfer.Account;
import io.zerocopy.internal.transfer.LimitExceededException;

import java.io.IOException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.util.Map;

/** What a {@link TransferException} says: what was asked, what the system said, what to do. */
record TransferFailure(
        String message,
        Throwable cause,
        int errno,
        String call,
        Mechanism mechanism,
        long delivered,
        long consumed) {
    private static final String GO_ON =
            "run() goes on where it stopped, undelivered() has what was taken from the source";

    /** What to do, by what strerror(3) says: the JDK's exceptions have nothing else. */
    private static final Map<String, String> ADVICE =
            Map.of(
                    "O_DIRECT takes whole blocks",
                    "end on a block, or write the rest through a channel without DIRECT",
                    "Message too long",
                    "a UDP datagram takes 65,507 bytes at most",
                    "no mechanism that may be used",
                    "leave mechanism() out, or disable less by -Dio.zerocopy.disable",
                    "Broken pipe",
                    "the peer reads no more: undelivered() has what it can't get",
                    "Connection reset",
                    "the peer is gone: undelivered() has what it can't get",
                    "No space left on device",
                    "make room and run() again: it goes on where it stopped",
                    "Disk quota exceeded",
                    "make room within the quota and run() again: it goes on where it stopped",
                    "File too large",
                    "raise the limit (ulimit -f) and run() again: it goes on where it stopped");

    /**
     * A failed call or channel.
     *
     * @param only the one mechanism that was asked for, or null
     */
    static TransferFailure of(String asked, Mechanism only, IOException e, Account account) {
        if (e instanceof SystemCallException failed) {
            String message = text(asked, account, failed.getMessage(), advice(failed.text()));
            return of(
                    message,
                    e,
                    failed.errno(),
                    failed.errno() == 0 ? null : failed.call(),
                    failed.mechanism() == null ? inUse(only, account) : failed.mechanism(),
                    account);
        }
        String message = text(asked, account, said(e), advice(said(e)));
        return of(message, e, 0, null, inUse(only, account), account);
    }

    /** A time limit that has passed. */
    static TransferFailure timeout(String asked, LimitExceededException e, Account account) {
        String message = text(asked, account, e.getMessage(), GO_ON);
        return of(message, null, 0, null, inUse(null, account), account);
    }

    private static TransferFailure of(
            String message,
            Throwable cause,
            int errno,
            String call,
            Mechanism mechanism,
            Account account) {
        return new TransferFailure(
                message, cause, errno, call, mechanism, account.delivered(), account.consumed());
    }

    private static String text(String asked, Account account, String said, String advice) {
        return asked
                + ": "
                + account.delivered()
                + " bytes delivered, "
                + account.consumed()
                + " consumed, then: "
                + said
                + " ("
                + advice
                + ")";
    }

    private static String said(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return "the thread was interrupted, which closes both channels";
        }
        if (e instanceof AsynchronousCloseException) {
            return "a channel was closed by another thread";
        }
        if (e instanceof ClosedChannelException) {
            return "a channel is closed, or shut down in this direction";
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private static String advice(String said) {
        return ADVICE.entrySet().stream()
                .filter(entry -> said.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(GO_ON);
    }

    private static Mechanism inUse(Mechanism only, Account account) {
        boolean isOne = account.mechanisms().size() == 1;
        return isOne ? account.mechanisms().iterator().next() : only;
    }
}
