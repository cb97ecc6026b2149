package io.zerocopy.internal.channel;

import static java.lang.invoke.MethodType.methodType;

import io.zerocopy.internal.core.FallbackLog;
import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.Settings;

import java.io.FileDescriptor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Handles into the JDK's own channels: the locks, open checks and registrations with which the JDK
 * guards a descriptor while a thread uses it.
 *
 * <p>They are resolved once, with the trusted lookup that the native core reads from {@code
 * MethodHandles.Lookup}; the lookup is dropped afterwards and no package is opened to anyone. As
 * static final constants they cost 35 ns for a whole transfer; the same calls made from native code
 * cost 400 ns. The names are those of JDK 17 to 25. A class whose names are not all found has a
 * null class here, so that its channels are treated like foreign ones.
 */
public final class JdkHandles {
    /** {@code sun.nio.ch.FileChannelImpl}, or null. */
    static final Class<?> FILE;

    static final MethodHandle FILE_DESCRIPTOR;
    static final MethodHandle FILE_READABLE;
    static final MethodHandle FILE_WRITABLE;
    static final MethodHandle FILE_THREADS;
    static final MethodHandle FILE_POSITION_LOCK;
    static final MethodHandle FILE_BEGIN;
    static final MethodHandle FILE_END;
    static final MethodHandle DESCRIPTOR_NUMBER;
    static final MethodHandle DESCRIPTOR_APPENDS;
    static final MethodHandle THREADS_ADD;
    static final MethodHandle THREADS_REMOVE;

    /** {@code sun.nio.ch.SocketChannelImpl}, or null. */
    static final Class<?> SOCKET;

    static final MethodHandle SOCKET_NUMBER;
    static final MethodHandle SOCKET_FAMILY;
    static final MethodHandle SOCKET_OUTPUT_CLOSED;
    static final MethodHandle SOCKET_INPUT_CLOSED;
    static final MethodHandle SOCKET_RESET;
    static final MethodHandle SOCKET_SET_RESET;
    static final MethodHandle SOCKET_STATE_LOCK;
    static final MethodHandle SOCKET_READ_LOCK;
    static final MethodHandle SOCKET_BEGIN_READ;
    static final MethodHandle SOCKET_END_READ;
    static final MethodHandle SOCKET_WRITE_LOCK;
    static final MethodHandle SOCKET_BEGIN_WRITE;
    static final MethodHandle SOCKET_END_WRITE;
    static final MethodHandle SOCKET_PARK;

    /** From JDK 21 on, else null: before, there are no virtual threads. */
    static final MethodHandle SOCKET_CONFIGURE_FOR_VIRTUAL;

    /** {@code sun.nio.ch.DatagramChannelImpl}, or null. */
    static final Class<?> DATAGRAM;

    static final MethodHandle DATAGRAM_NUMBER;
    static final MethodHandle DATAGRAM_WRITE_LOCK;
    static final MethodHandle DATAGRAM_BEGIN_WRITE;
    static final MethodHandle DATAGRAM_END_WRITE;
    static final MethodHandle DATAGRAM_PARK;

    /** From JDK 21 on, else null. */
    static final MethodHandle DATAGRAM_CONFIGURE_FOR_VIRTUAL;

    /** {@code sun.nio.ch.SinkChannelImpl}, or null. */
    static final Class<?> PIPE;

    static final MethodHandle PIPE_NUMBER;
    static final MethodHandle PIPE_WRITE_LOCK;
    static final MethodHandle PIPE_BEGIN_WRITE;
    static final MethodHandle PIPE_END_WRITE;
    static final MethodHandle PIPE_PARK;

    /** From JDK 21 on, else null. */
    static final MethodHandle PIPE_CONFIGURE_FOR_VIRTUAL;

    /** {@code sun.nio.ch.SourceChannelImpl}, or null. */
    static final Class<?> PIPE_SOURCE;

    static final MethodHandle PIPE_SOURCE_NUMBER;
    static final MethodHandle PIPE_SOURCE_LOCK;
    static final MethodHandle PIPE_SOURCE_BEGIN;
    static final MethodHandle PIPE_SOURCE_END;
    static final MethodHandle PIPE_SOURCE_PARK;

    /** From JDK 21 on, else null. */
    static final MethodHandle PIPE_SOURCE_CONFIGURE_FOR_VIRTUAL;

    private static final Map<String, String> MISSING = new LinkedHashMap<>();

    static {
        MethodHandles.Lookup lookup = (MethodHandles.Lookup) takeLookup();

        Resolver file = new Resolver(lookup, "sun.nio.ch.FileChannelImpl");
        Class<?> threads = file.type("sun.nio.ch.NativeThreadSet");
        FILE_DESCRIPTOR = file.getter("fd", FileDescriptor.class, FileChannel.class);
        FILE_READABLE = file.getter("readable", boolean.class, FileChannel.class);
        FILE_WRITABLE = file.getter("writable", boolean.class, FileChannel.class);
        FILE_THREADS = file.getter("threads", threads, Object.class, FileChannel.class);
        FILE_POSITION_LOCK = file.getter("positionLock", Object.class, FileChannel.class);
        FILE_BEGIN = file.method("beginBlocking", methodType(void.class), FileChannel.class);
        FILE_END =
                file.method(
                        "endBlocking", methodType(void.class, boolean.class), FileChannel.class);
        DESCRIPTOR_NUMBER =
                file.getter(FileDescriptor.class, "fd", int.class, int.class, FileDescriptor.class);
        DESCRIPTOR_APPENDS =
                file.getter(
                        FileDescriptor.class,
                        "append",
                        boolean.class,
                        boolean.class,
                        FileDescriptor.class);
        THREADS_ADD = file.method(threads, "add", methodType(int.class), Object.class);
        THREADS_REMOVE =
                file.method(threads, "remove", methodType(void.class, int.class), Object.class);
        FILE = file.found();

        MethodType begin = methodType(void.class, boolean.class);
        MethodType end = methodType(void.class, boolean.class, boolean.class);
        MethodType park = methodType(void.class, int.class, long.class);
        String configure = "configureSocketNonBlockingIfVirtualThread";

        Resolver socket = new Resolver(lookup, "sun.nio.ch.SocketChannelImpl");
        Class<?> selectable = socket.type("sun.nio.ch.SelChImpl");
        SOCKET_NUMBER = socket.getter("fdVal", int.class, SocketChannel.class);
        SOCKET_FAMILY = socket.getter("family", ProtocolFamily.class, SocketChannel.class);
        SOCKET_OUTPUT_CLOSED = socket.getter("isOutputClosed", boolean.class, SocketChannel.class);
        SOCKET_INPUT_CLOSED = socket.getter("isInputClosed", boolean.class, SocketChannel.class);
        SOCKET_RESET = socket.getter("connectionReset", boolean.class, SocketChannel.class);
        SOCKET_SET_RESET = socket.setter("connectionReset", boolean.class, SocketChannel.class);
        SOCKET_STATE_LOCK = socket.getter("stateLock", Object.class, SocketChannel.class);
        SOCKET_READ_LOCK = socket.getter("readLock", ReentrantLock.class, SocketChannel.class);
        SOCKET_BEGIN_READ = socket.method("beginRead", begin, SocketChannel.class);
        SOCKET_END_READ = socket.method("endRead", end, SocketChannel.class);
        SOCKET_WRITE_LOCK = socket.getter("writeLock", ReentrantLock.class, SocketChannel.class);
        SOCKET_BEGIN_WRITE = socket.method("beginWrite", begin, SocketChannel.class);
        SOCKET_END_WRITE = socket.method("endWrite", end, SocketChannel.class);
        SOCKET_PARK = socket.method(selectable, "park", park, SocketChannel.class);
        SOCKET_CONFIGURE_FOR_VIRTUAL = socket.forVirtualThreads(configure, SocketChannel.class);
        SOCKET = socket.found();

        Resolver datagram = new Resolver(lookup, "sun.nio.ch.DatagramChannelImpl");
        MethodType connected = methodType(SocketAddress.class, boolean.class, boolean.class);
        DATAGRAM_NUMBER = datagram.getter("fdVal", int.class, DatagramChannel.class);
        DATAGRAM_WRITE_LOCK =
                datagram.getter("writeLock", ReentrantLock.class, DatagramChannel.class);
        DATAGRAM_BEGIN_WRITE = datagram.method("beginWrite", connected, DatagramChannel.class);
        DATAGRAM_END_WRITE = datagram.method("endWrite", end, DatagramChannel.class);
        DATAGRAM_PARK = datagram.method(selectable, "park", park, DatagramChannel.class);
        DATAGRAM_CONFIGURE_FOR_VIRTUAL =
                datagram.forVirtualThreads(configure, DatagramChannel.class);
        DATAGRAM = datagram.found();

        Resolver pipe = new Resolver(lookup, "sun.nio.ch.SinkChannelImpl");
        PIPE_NUMBER = pipe.getter("fdVal", int.class, Pipe.SinkChannel.class);
        PIPE_WRITE_LOCK = pipe.getter("writeLock", ReentrantLock.class, Pipe.SinkChannel.class);
        PIPE_BEGIN_WRITE = pipe.method("beginWrite", begin, Pipe.SinkChannel.class);
        PIPE_END_WRITE = pipe.method("endWrite", end, Pipe.SinkChannel.class);
        PIPE_PARK = pipe.method(selectable, "park", park, Pipe.SinkChannel.class);
        PIPE_CONFIGURE_FOR_VIRTUAL = pipe.forVirtualThreads(configure, Pipe.SinkChannel.class);
        PIPE = pipe.found();

        Class<Pipe.SourceChannel> reading = Pipe.SourceChannel.class;
        Resolver source = new Resolver(lookup, "sun.nio.ch.SourceChannelImpl");
        PIPE_SOURCE_NUMBER = source.getter("fdVal", int.class, reading);
        PIPE_SOURCE_LOCK = source.getter("readLock", ReentrantLock.class, reading);
        PIPE_SOURCE_BEGIN = source.method("beginRead", begin, reading);
        PIPE_SOURCE_END = source.method("endRead", end, reading);
        PIPE_SOURCE_PARK = source.method(selectable, "park", park, reading);
        PIPE_SOURCE_CONFIGURE_FOR_VIRTUAL = source.forVirtualThreads(configure, reading);
        PIPE_SOURCE = source.found();
    }

    private JdkHandles() {}

    /** The classes that can't be guarded, with the cause. */
    public static Map<String, String> missing() {
        return MISSING;
    }

    private static Object takeLookup() {
        return Settings.isGuardDisabled() ? null : NativeCore.takeTrustedLookup();
    }

    /** Resolves the handles of one channel class and keeps the first cause of failure. */
    private static final class Resolver {
        private final MethodHandles.Lookup lookup;
        private final String name;
        private final Class<?> type;
        private String cause;

        Resolver(MethodHandles.Lookup lookup, String name) {
            this.lookup = lookup;
            this.name = name;
            if (lookup == null) {
                cause = whyNoLookup();
            }
            this.type = type(name);
        }

        private static String whyNoLookup() {
            if (Settings.isGuardDisabled()) {
                return "disabled by -D" + Settings.DISABLE;
            }
            return NativeCore.isAvailable()
                    ? "the trusted lookup was given away before"
                    : "the native core is not loaded";
        }

        Class<?> type(String name) {
            try {
                return Class.forName(name, false, null);
            } catch (ClassNotFoundException e) {
                return missing(e);
            }
        }

        MethodHandle getter(String field, Class<?> fieldType, Class<?> receiver) {
            return getter(type, field, fieldType, fieldType, receiver);
        }

        MethodHandle getter(String field, Class<?> fieldType, Class<?> as, Class<?> receiver) {
            return getter(type, field, fieldType, as, receiver);
        }

        MethodHandle getter(
                Class<?> in, String field, Class<?> fieldType, Class<?> as, Class<?> receiver) {
            if (cause != null) {
                return null;
            }
            try {
                return lookup.findGetter(in, field, fieldType).asType(methodType(as, receiver));
            } catch (ReflectiveOperationException e) {
                return missing(e);
            }
        }

        MethodHandle setter(String field, Class<?> fieldType, Class<?> receiver) {
            if (cause != null) {
                return null;
            }
            try {
                MethodType as = methodType(void.class, receiver, fieldType);
                return lookup.findSetter(type, field, fieldType).asType(as);
            } catch (ReflectiveOperationException e) {
                return missing(e);
            }
        }

        MethodHandle method(String method, MethodType signature, Class<?> receiver) {
            return method(type, method, signature, receiver);
        }

        MethodHandle method(Class<?> in, String method, MethodType signature, Class<?> receiver) {
            if (cause != null) {
                return null;
            }
            try {
                MethodType as = signature.insertParameterTypes(0, receiver);
                if (PlantedBugs.isNotCalled(method)) {
                    return MethodHandles.empty(as);
                }
                return lookup.findVirtual(in, method, signature).asType(as);
            } catch (ReflectiveOperationException e) {
                return missing(e);
            }
        }

        /** A method that a JDK without virtual threads need not have. */
        MethodHandle forVirtualThreads(String method, Class<?> receiver) {
            return VirtualThreads.exist() ? method(method, methodType(void.class), receiver) : null;
        }

        Class<?> found() {
            if (cause == null) {
                return type;
            }
            MISSING.put(name, cause);
            // Without the core that was said once, for all classes.
            if (NativeCore.isAvailable()) {
                FallbackLog.warnOnce(
                        "zerocopy-nio does not use its native core for " + name + ": " + cause,
                        null);
            }
            return null;
        }

        private <T> T missing(ReflectiveOperationException e) {
            cause = e.toString();
            return null;
        }
    }
}
