package io.zerocopy.internal.sender;

import io.zerocopy.internal.core.SenderNatives;
import io.zerocopy.internal.core.SenderSettings;
import io.zerocopy.internal.core.SystemCallException;
import io.zerocopy.internal.sender.Message.End;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The messages of one native sender that have not ended. Belongs to the sender's lock. */
final class Messages {
    /** How many messages one call takes over from the native core. */
    private static final int ENDED_MAX = 64;

    private final long sender;
    private final Map<Long, Message> byNumber = new HashMap<>();
    private final long[] ended = new long[ENDED_MAX * SenderNatives.LONGS_PER_MESSAGE];

    /** None yet, of the sender that the native core calls so. */
    Messages(long sender) {
        this.sender = sender;
    }

    boolean isEmpty() {
        return byNumber.isEmpty();
    }

    /** One that the native core has taken, and numbered. */
    void put(Message message) {
        byNumber.put(message.number, message);
    }

    /** Takes over those that have ended from the native core, and adds their ends. */
    void takeEnded(List<End> ends) throws SystemCallException {
        int count;
        // Ends: what has ended was sent before, and nothing is sent here.
        do {
            count = SenderNatives.takeEnded(sender, ended);
            for (int index = 0; index < count; index++) {
                ends.add(endOf(index * SenderNatives.LONGS_PER_MESSAGE));
            }
        } while (count == ENDED_MAX);
    }

    /** Whatever is done from now on with buffers that were sent must not reach the peer. */
    void leavePagesInFlight(long firstUnsent) {
        for (Message message : byNumber.values()) {
            if (message.number < firstUnsent && message.pages != null && !message.isLeft) {
                message.isLeft = true;
                message.pages.leaveToKernel();
            }
        }
    }

    private End endOf(int offset) {
        Message message = byNumber.remove(ended[offset + SenderNatives.NUMBER]);
        message.isOver = true;
        int outcome = (int) ended[offset + SenderNatives.OUTCOME];
        if (outcome == SenderNatives.ABANDONED) {
            Abandoned.keep(message);
        } else if (message.pages != null && !message.isLeft) {
            message.pages.give();
        }
        return new End(
                message,
                ended[offset + SenderNatives.BYTES],
                ended[offset + SenderNatives.ZERO_COPY_BYTES],
                (int) ended[offset + SenderNatives.CAUSES],
                failureOf(message, outcome));
    }

    private static IOException failureOf(Message message, int outcome) {
        switch (outcome) {
            case 0:
                return null;
            case SenderNatives.WITHDRAWN:
                return message.cause != null ? message.cause : new ClosedChannelException();
            case SenderNatives.ABANDONED:
                return new IOException(
                        "the sender was closed and the kernel did not report the completion in "
                                + SenderSettings.lingerMillis()
                                + " ms: it may still read the buffer, which must not be used");
            default:
                return SenderNatives.sendFailure(outcome);
        }
    }
}
