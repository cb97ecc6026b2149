package io.zerocopy.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.zerocopy.RelayOptions;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;

/** Fails a test class that leaves sockets, pipes or buffers of Netty behind. */
final class NothingLeft implements BeforeAllCallback, AfterAllCallback {
    private static final List<String> LEAKS = new CopyOnWriteArrayList<>();

    /** The library keeps pipes for the next transfer, and closes those that lie unused for 5 s. */
    private static final long IDLE_PIPES_MILLIS = 12_000;

    private static final int COLLECTIONS = 3;

    private Set<String> before;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        ByteBufUtil.setLeakListener((resource, records) -> LEAKS.add(resource + records));
        // What is opened at first use and kept: event loops, and the shared engine's own.
        for (Transport transport : Transport.values()) {
            try (Joint joint = Joint.open(transport, transport)) {
                joint.client.close();
                joint.server.close();
                SpliceRelay.start(joint.a, joint.b, RelayOptions.defaults()).sync();
            }
        }
        before = open();
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        assertNoDescriptorLeft();
        assertEquals(List.of(), leaks());
    }

    /** Fails if a socket or pipe is open that was not before the test class. */
    void assertNoDescriptorLeft() throws Exception {
        long end = System.nanoTime() + IDLE_PIPES_MILLIS * 1_000_000;
        Set<String> left = leftBehind();
        while (!left.isEmpty()) {
            if (System.nanoTime() > end) {
                fail("left behind: " + left);
            }
            Thread.sleep(20);
            left = leftBehind();
        }
    }

    /** The buffers that were lost until now. */
    static List<String> leaks() throws InterruptedException {
        for (int round = 0; round < COLLECTIONS; round++) {
            System.gc();
            Thread.sleep(50);
            // The detector reports when the next buffer is made.
            PooledByteBufAllocator.DEFAULT.directBuffer().release();
        }
        return List.copyOf(LEAKS);
    }

    static void forgetLeaks() {
        LEAKS.clear();
    }

    private Set<String> leftBehind() throws IOException {
        Set<String> left = open();
        left.removeAll(before);
        return left;
    }

    private static Set<String> open() throws IOException {
        Set<String> open = new TreeSet<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path link : links) {
                try {
                    String name = Files.readSymbolicLink(link).toString();
                    if (name.startsWith("socket:") || name.startsWith("pipe:")) {
                        open.add(name);
                    }
                } catch (IOException e) {
                    // Closed since the folder was read.
                }
            }
        }
        return open;
    }
}
