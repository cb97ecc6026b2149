package io.zerocopy.internal.channel;

import java.io.FileDescriptor;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;

/**
 * The JDK's bookkeeping of the threads that use the descriptor of a {@code FileChannelImpl}.
 *
 * <p>{@code close()} signals every registered thread, again every 50 ms, and gives the descriptor
 * back only when the last one has left. A virtual thread can't be signalled, so it must not be
 * registered while it waits.
 */
final class FileGuard {
    private FileGuard() {}

    static boolean isReadable(FileChannel file) {
        try {
            return (boolean) JdkHandles.FILE_READABLE.invokeExact(file);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    static boolean isWritable(FileChannel file) {
        try {
            return (boolean) JdkHandles.FILE_WRITABLE.invokeExact(file);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /** The monitor that every operation at the channel's position holds. */
    static Object positionLock(FileChannel file) {
        try {
            return (Object) JdkHandles.FILE_POSITION_LOCK.invokeExact(file);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /** Makes an interrupt of this thread close {@code file}, until {@link #end}. */
    static void begin(FileChannel file) {
        try {
            JdkHandles.FILE_BEGIN.invokeExact(file);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /**
     * Ends what {@link #begin} began.
     *
     * @throws java.nio.channels.ClosedByInterruptException if this thread was interrupted
     * @throws java.nio.channels.AsynchronousCloseException if not completed and the file is closed
     */
    static void end(FileChannel file, boolean completed) throws IOException {
        try {
            JdkHandles.FILE_END.invokeExact(file, completed);
        } catch (Throwable e) {
            throw Unexpected.orIOException(e);
        }
    }

    /**
     * Registers this thread as a user of the descriptor.
     *
     * @return what {@link #remove} wants
     * @throws ClosedChannelException if the file is closed; the thread is not registered then
     */
    static int add(FileChannel file) throws ClosedChannelException {
        int index;
        try {
            index = (int) JdkHandles.THREADS_ADD.invokeExact(threads(file));
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
        // Only now: a close that comes later waits for this thread.
        if (!PlantedBugs.IS_UNCHECKED && !file.isOpen()) {
            remove(file, index);
            throw new ClosedChannelException();
        }
        return index;
    }

    static void remove(FileChannel file, int index) {
        try {
            JdkHandles.THREADS_REMOVE.invokeExact(threads(file), index);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /** The descriptor. It stays this file's while the thread is registered. */
    static int number(FileChannel file) {
        try {
            FileDescriptor descriptor =
                    (FileDescriptor) JdkHandles.FILE_DESCRIPTOR.invokeExact(file);
            return (int) JdkHandles.DESCRIPTOR_NUMBER.invokeExact(descriptor);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    /** Whether every write goes to the end of the file, whatever its position. */
    static boolean appends(FileChannel file) {
        try {
            FileDescriptor descriptor =
                    (FileDescriptor) JdkHandles.FILE_DESCRIPTOR.invokeExact(file);
            return (boolean) JdkHandles.DESCRIPTOR_APPENDS.invokeExact(descriptor);
        } catch (Throwable e) {
            throw Unexpected.unchecked(e);
        }
    }

    private static Object threads(FileChannel file) throws Throwable {
        return (Object) JdkHandles.FILE_THREADS.invokeExact(file);
    }
}
