package io.zerocopy.reuse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zerocopy.fixture.Connection.Kind;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * Opens files and connections that have nothing to do with any transfer, so that the numbers of
 * closed descriptors are taken again at once, and looks whether somebody touched them.
 */
final class Neighbours {
    private static final int OPEN_MAX = 6;
    private static final int CONTENT_BYTES_MAX = 4000;

    private final String name;
    private final Random random;
    private final List<Pattern> patterns;
    private final Path folder;
    private final Findings findings;

    Neighbours(int number, long seed, List<Pattern> patterns, Path folder, Findings findings) {
        this.name = "neighbour-" + number;
        this.random = new Random(seed);
        this.patterns = patterns;
        this.folder = folder;
        this.findings = findings;
    }

    /** Something that is open. */
    private interface Neighbour extends Closeable {
        /** Checks that it has what was put into it, and nothing else. */
        void check() throws IOException;
    }

    void run(ReuseStress.Clock clock) throws IOException {
        Deque<Neighbour> open = new ArrayDeque<>();
        try (Pairs pairs = Pairs.open(folder.resolve(name))) {
            for (int turn = 0; !clock.isOver(); turn++) {
                open.add(open(pairs, turn % (OPEN_MAX + 1)));
                if (open.size() > OPEN_MAX) {
                    checkAndClose(open.remove());
                }
                findings.reopened.incrementAndGet();
            }
        } finally {
            for (Neighbour neighbour : open) {
                checkAndClose(neighbour);
            }
        }
    }

    private void checkAndClose(Neighbour neighbour) throws IOException {
        try (neighbour) {
            neighbour.check();
        } catch (IOException | AssertionError e) {
            findings.add(neighbour.toString(), e);
        }
    }

    private Neighbour open(Pairs pairs, int place) throws IOException {
        Pattern pattern = patterns.get(random.nextInt(patterns.size()));
        int bytes = 1 + random.nextInt(CONTENT_BYTES_MAX);
        int kind = random.nextInt(Kind.values().length + 1);
        if (kind == Kind.values().length) {
            return file(folder.resolve(name + "-" + place), pattern, bytes);
        }
        return connection(pairs.open(Kind.values()[kind]), pattern, bytes);
    }

    private static Neighbour file(Path path, Pattern pattern, int bytes) throws IOException {
        FileChannel file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        ByteBuffer content = pattern.from(0, bytes);
        while (content.hasRemaining()) {
            file.write(content);
        }
        return new Neighbour() {
            @Override
            public void check() throws IOException {
                file.position(0);
                checkAll("another file", pattern, bytes, file);
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }

    private static Neighbour connection(Pairs.Pair pair, Pattern pattern, int bytes)
            throws IOException {
        ByteBuffer content = pattern.from(0, bytes);
        while (content.hasRemaining()) {
            pair.input().write(content);
        }
        return new Neighbour() {
            @Override
            public void check() throws IOException {
                pair.input().close();
                checkAll("another connection", pattern, bytes, pair.output());
            }

            @Override
            public void close() throws IOException {
                pair.close();
            }
        };
    }

    private static void checkAll(
            String where, Pattern pattern, long bytes, ReadableByteChannel channel)
            throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(2 * CONTENT_BYTES_MAX);
        long count = 0;
        while (channel.read(buffer.clear()) >= 0) {
            buffer.flip();
            int read = buffer.remaining();
            pattern.check(where, count, buffer);
            count += read;
        }
        assertEquals(bytes, count, "bytes in " + where);
    }
}
