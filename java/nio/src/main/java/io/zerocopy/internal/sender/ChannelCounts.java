package io.zerocopy.internal.sender;

import java.nio.channels.Channel;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * How many zero-copy sends each channel has made. The kernel numbers completions by that, whoever
 * sent, so a second sender on a channel has to go on where the first one ended.
 */
final class ChannelCounts {
    private static final Map<Channel, Count> COUNTS = new WeakHashMap<>();

    private ChannelCounts() {}

    private static final class Count {
        private int sends;
        private boolean hasSender;
    }

    /**
     * A sender begins.
     *
     * @return the number of its first zero-copy send
     * @throws IllegalStateException if the channel has a sender
     */
    static synchronized int begin(Channel channel) {
        Count count = COUNTS.computeIfAbsent(channel, key -> new Count());
        if (count.hasSender) {
            throw new IllegalStateException(
                    "the channel has a sender already: close it, and let it end, first");
        }
        count.hasSender = true;
        return count.sends;
    }

    /** The sender has ended; its next zero-copy send would have had this number. */
    static synchronized void end(Channel channel, int sends) {
        Count count = COUNTS.get(channel);
        count.sends = sends;
        count.hasSender = false;
    }
}
