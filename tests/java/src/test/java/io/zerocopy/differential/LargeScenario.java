package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.Receiver;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code transferTo} of more than a target takes at once: all of it goes, or less.
 *
 * @param kind what the target is, which somebody reads; null for a device that takes everything
 * @param isUsedByVirtual whether a virtual thread has written to it before
 */
record LargeScenario(Connection.Kind kind, boolean isUsedByVirtual, long bytes) implements Case {
    static final String ALL = "all";
    static final String LESS = "less";

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final Path NULL_DEVICE = Path.of("/dev/null");

    static List<LargeScenario> all() {
        List<LargeScenario> all = new ArrayList<>();
        for (Connection.Kind kind : Connection.Kind.values()) {
            all.add(new LargeScenario(kind, false, 16 << 20));
            all.add(new LargeScenario(kind, true, 16 << 20));
        }
        all.add(new LargeScenario(null, false, (2L << 30) + 1));
        return all;
    }

    @Override
    public String name() {
        String target = kind == null ? "a device" : kind.toString();
        return bytes + " B -> " + target + (isUsedByVirtual ? " USED_BY_VIRTUAL" : "");
    }

    @Override
    public boolean isPossibleHere() {
        return !isUsedByVirtual || Jvm.hasVirtualThreads();
    }

    @Override
    public Answer answer(Method method, Path folder) throws IOException {
        Path path = Files.createTempFile(MEMORY, "large", null);
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(bytes);
            return kind == null ? toDevice(method, file.getChannel()) : toPeer(method, file);
        } finally {
            Files.delete(path);
        }
    }

    private Answer toDevice(Method method, FileChannel source) throws IOException {
        try (FileChannel device = FileChannel.open(NULL_DEVICE, StandardOpenOption.WRITE)) {
            return answer(call(method, source, device), "");
        }
    }

    private Answer toPeer(Method method, RandomAccessFile file) throws IOException {
        try (Connection connection = Connection.open(kind)) {
            if (isUsedByVirtual) {
                ByteBuffer one = ByteBuffer.allocate(1);
                Jvm.run(ThreadKind.VIRTUAL, "user", () -> connection.target().write(one)).await();
                connection.peer().read(one.clear());
            }
            try (Receiver receiver = Receiver.slow(connection.peer(), 64 << 10, 100)) {
                long moved = call(method, file.getChannel(), connection.target());
                connection.target().close();
                boolean isTrue = receiver.awaitEnd() == moved;
                return answer(moved, isTrue ? "as many arrived" : "another number arrived");
            }
        }
    }

    private long call(Method method, FileChannel source, WritableByteChannel target)
            throws IOException {
        return method.call(Operation.TRANSFER_TO, source, 0, bytes, target);
    }

    private Answer answer(long moved, String content) {
        return new Answer(moved == bytes ? ALL : LESS, false, "", "", content);
    }

    @Override
    public String toString() {
        return name();
    }
}
