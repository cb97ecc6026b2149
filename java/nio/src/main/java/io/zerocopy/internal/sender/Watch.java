package io.zerocopy.internal.sender;

import io.zerocopy.internal.core.SenderNatives;
import io.zerocopy.internal.core.SystemCallException;

import java.io.UncheckedIOException;

/**
 * Whether the reaper is told of the completions of one sender. Belongs to the sender's lock.
 *
 * <p>A thread that sends all the time takes them itself, with each message.
 */
final class Watch {
    /** So many messages between two looks say that more will follow. */
    private static final int SENDS_OF_A_STREAM = 2;

    /**
     * So rarely a thread that sends some messages and then waits for them is taken for a stream.
     */
    private static final int PROMPT_LOOKS = 16;

    private final long sender;
    private long sends;
    private long sendsSeen;
    private int promptLooks;
    private boolean isOn = true;

    /** Of the sender that the native core calls so. */
    Watch(long sender) {
        this.sender = sender;
    }

    /** A message is sent. */
    void noteSend() {
        sends++;
    }

    /** Whether more messages will follow soon, as far as the reaper can tell when it looks. */
    boolean isStream() {
        long sent = sends - sendsSeen;
        sendsSeen = sends;
        if (!isOn && sent == 0) {
            // It has stopped, maybe to wait for completions, which came late then.
            promptLooks = PROMPT_LOOKS;
        } else if (promptLooks > 0) {
            promptLooks--;
        }
        return sent >= SENDS_OF_A_STREAM && promptLooks == 0;
    }

    /** Tells the reaper from now on, or no more. */
    void set(boolean on) {
        if (on != isOn) {
            try {
                SenderNatives.watch(sender, on);
            } catch (SystemCallException e) {
                throw new UncheckedIOException(e);
            }
            isOn = on;
        }
    }
}
