package io.zerocopy.internal.channel;

import io.zerocopy.internal.core.PumpOptions;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;

/** {@code copy}: from a stream to a stream. */
public final class StreamCopies {
    private StreamCopies() {}

    /** See {@link io.zerocopy.ZeroCopy#copy(ReadableByteChannel, WritableByteChannel, long)}. */
    public static long copy(ReadableByteChannel source, WritableByteChannel target, long count)
            throws IOException {
        if (!source.isOpen() || !target.isOpen()) {
            throw new ClosedChannelException();
        }
        if (count < 0) {
            throw new IllegalArgumentException("a negative count: " + count);
        }
        if ((Channel) source == target) {
            throw new IllegalArgumentException("the source and the target are the same channel");
        }
        Modes.checkReadable(source);
        Modes.checkWritable(target);
        checkReady(source);
        checkReady(target);
        NativeEngine engine =
                Engines.engineFor(
                        new EngineRequest(
                                source,
                                EngineRequest.OWN_POSITION,
                                target,
                                EngineRequest.OWN_POSITION,
                                count,
                                PumpOptions.DEFAULT));
        return engine != null
                ? EngineTransfer.copy(engine)
                : BufferCopy.copy(source, target, count);
    }

    /** Before the source is waited for, so that a target which can't do is not found out late. */
    private static void checkReady(Channel channel) throws ClosedChannelException {
        if (channel instanceof SelectableChannel && !((SelectableChannel) channel).isBlocking()) {
            throw new IllegalBlockingModeException();
        }
        Connected.check(channel);
    }
}
