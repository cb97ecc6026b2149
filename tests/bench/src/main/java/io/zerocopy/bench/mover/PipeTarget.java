package io.zerocopy.bench.mover;

import java.io.IOException;
import java.nio.channels.Pipe;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A pipe of this JVM that the peer reads from. */
final class PipeTarget implements Target {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int DESCRIPTOR_BITS = 32;

    private final Pipe pipe;
    private final Connection connection;

    private PipeTarget(Pipe pipe, Connection connection) {
        this.pipe = pipe;
        this.connection = connection;
    }

    /**
     * Java does not tell the number of a descriptor, and the peer needs one. A pipe is what has
     * been added to the list of descriptors, and either of its two will do.
     */
    static PipeTarget open(Peer peer) throws IOException {
        Connection connection = Connection.open(peer);
        Set<Integer> before = new HashSet<>(pipeDescriptors());
        Pipe pipe = Pipe.open();
        int descriptor =
                pipeDescriptors().stream()
                        .filter(number -> !before.contains(number))
                        .findFirst()
                        .orElseThrow(() -> new IOException("the new pipe is not in /proc"));
        connection.announce(
                PeerMode.PIPE, ProcessHandle.current().pid() << DESCRIPTOR_BITS | descriptor);
        return new PipeTarget(pipe, connection);
    }

    @Override
    public WritableByteChannel channel() {
        return pipe.sink();
    }

    @Override
    public void announce(long bytes) throws IOException {
        connection.announce(PeerMode.BLOCKING, bytes);
    }

    @Override
    public void awaitTaken() throws IOException {
        connection.awaitTaken();
    }

    @Override
    public void close() throws IOException {
        pipe.sink().close();
        pipe.source().close();
        connection.close();
    }

    private static List<Integer> pipeDescriptors() throws IOException {
        try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
            return descriptors
                    .filter(PipeTarget::isPipe)
                    .map(descriptor -> Integer.parseInt(descriptor.getFileName().toString()))
                    .toList();
        }
    }

    private static boolean isPipe(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("pipe:");
        } catch (IOException closedMeanwhile) {
            // The descriptor of the listing itself is one of these.
            return false;
        }
    }
}
