package io.zerocopy.internal.channel;

import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SocketChannel;

/** The numbers of descriptors, for tests that look at them from outside. */
public final class Descriptors {
    private Descriptors() {}

    /** The number of a channel of the JDK that is open. */
    public static int number(Channel channel) {
        if (channel instanceof FileChannel file) {
            return FileGuard.number(file);
        }
        if (channel instanceof SocketChannel socket) {
            return SocketReadGuard.INSTANCE.number(socket);
        }
        if (channel instanceof Pipe.SourceChannel source) {
            return PipeReadGuard.INSTANCE.number(source);
        }
        return PipeWriteGuard.INSTANCE.number((Pipe.SinkChannel) channel);
    }
}
