package io.zerocopy.internal.sender;

import java.nio.channels.Channel;

/**
 * Keeps a channel from having a sender, whose closing would end the stream that others go on with.
 */
public final class SenderExclusion {
    private final Channel channel;
    private boolean isHeld;
    private int sends;

    /** One that does not hold yet. */
    public SenderExclusion(Channel channel) {
        this.channel = channel;
    }

    /**
     * Holds from now on.
     *
     * @throws IllegalStateException if the channel has a sender
     */
    public void take() {
        sends = ChannelCounts.begin(channel);
        isHeld = true;
    }

    /** Lets senders be opened again, where they could not. */
    public void giveBack() {
        if (isHeld) {
            ChannelCounts.end(channel, sends);
            isHeld = false;
        }
    }
}
