package io.zerocopy.internal.sender;

import io.zerocopy.internal.core.SenderSettings;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sends by the channel's own {@code write}: without the native core, and for channels that are not
 * the JDK's own. Every message is copied, and ends when the channel has taken all of it.
 */
public final class PlainSender implements Engine {
    /** {@code Completion.CopyCause.UNSUPPORTED}, as a bit. */
    private static final int UNSUPPORTED = 16;

    private final WritableByteChannel channel;
    private final String whyCopying;
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<Message> queue = new ArrayDeque<>();
    private long bytesUnsent;
    private volatile boolean isClosed;

    /** A sender that copies for the cause given. */
    public PlainSender(WritableByteChannel channel, String whyCopying) {
        this.channel = channel;
        this.whyCopying = whyCopying;
    }

    @Override
    public PageBuffer acquire(int bytes) {
        return PageBuffer.take(bytes);
    }

    @Override
    public boolean send(Message message, int segmentBytes) {
        List<Message.End> ends = new ArrayList<>();
        lock.lock();
        try {
            if (isClosed) {
                ends.add(endOf(message, 0, new ClosedChannelException()));
            } else {
                int bytes = message.bytes.remaining();
                boolean isBlocking = ((SelectableChannel) channel).isBlocking();
                long max = SenderSettings.inFlightBytesMax();
                if (!isBlocking && bytesUnsent > 0 && bytesUnsent + bytes > max) {
                    return false;
                }
                queue.add(message);
                bytesUnsent += bytes;
                write(ends);
            }
        } finally {
            lock.unlock();
        }
        ends.forEach(Message.End::tell);
        return true;
    }

    @Override
    public int reap() {
        List<Message.End> ends = new ArrayList<>();
        lock.lock();
        try {
            write(ends);
        } finally {
            lock.unlock();
        }
        ends.forEach(Message.End::tell);
        return ends.size();
    }

    @Override
    public long bytesInFlight() {
        return bytesUnsent();
    }

    @Override
    public long bytesUnsent() {
        lock.lock();
        try {
            return bytesUnsent;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String whyCopying() {
        return whyCopying;
    }

    @Override
    public boolean isClosed() {
        return isClosed;
    }

    /** There is nobody who could send the rest later, so it fails. */
    @Override
    public void close() {
        List<Message.End> ends = new ArrayList<>();
        isClosed = true;
        lock.lock();
        try {
            write(ends);
            failAll(ends, new ClosedChannelException());
        } finally {
            lock.unlock();
        }
        ends.forEach(Message.End::tell);
    }

    /** Sends what the channel takes: in blocking mode everything. Needs the lock. */
    private void write(List<Message.End> ends) {
        try {
            // Ends: each turn takes a message off, or sends a part of one, or leaves.
            while (!queue.isEmpty()) {
                Message message = queue.element();
                ByteBuffer left = message.bytes.slice(message.sent, left(message));
                int count = channel.write(left);
                message.sent += count;
                bytesUnsent -= count;
                if (left(message) == 0) {
                    ends.add(endOf(queue.remove(), message.sent, null));
                } else if (count == 0) {
                    return;
                }
            }
        } catch (IOException e) {
            failAll(ends, e);
        }
    }

    private static int left(Message message) {
        return message.bytes.limit() - message.sent;
    }

    private void failAll(List<Message.End> ends, IOException cause) {
        while (!queue.isEmpty()) {
            Message message = queue.remove();
            bytesUnsent -= left(message);
            ends.add(endOf(message, message.sent - message.bytes.position(), cause));
        }
    }

    private static Message.End endOf(Message message, long bytes, IOException failure) {
        message.isOver = true;
        if (message.pages != null) {
            message.pages.give();
        }
        return new Message.End(message, bytes, 0, bytes > 0 ? UNSUPPORTED : 0, failure);
    }
}
