package io.zerocopy.bench;

import io.zerocopy.bench.mover.Connection;
import io.zerocopy.bench.mover.Peer;
import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.bench.mover.Source;
import io.zerocopy.bench.mover.Target;
import io.zerocopy.cli.compare.Pinning;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file in the page cache, and a kept-open connection to a receiver that discards. */
final class HotConnection implements AutoCloseable {
    private final Path folder;
    private final Workspace workspace;
    private final Pinning pinning;
    private final FileChannel file;
    private final Connection connection;
    private final Source source;
    private final Target target;

    private HotConnection(
            Path folder,
            Workspace workspace,
            Pinning pinning,
            FileChannel file,
            Connection connection) {
        this.folder = folder;
        this.workspace = workspace;
        this.pinning = pinning;
        this.file = file;
        this.connection = connection;
        this.source = Source.ofFile(file);
        this.target = Target.ofConnection(connection, PeerMode.SPINNING);
    }

    /** Pins the calling thread, which is the one that JMH measures. */
    static HotConnection open(long fileBytes) throws IOException, BenchException {
        Path folder = Files.createTempDirectory("zerocopy-nio-jmh");
        folder.toFile().deleteOnExit();
        Workspace workspace = Workspace.in(folder);
        try {
            Connection connection = Connection.open(startPeer(workspace));
            connection.announce(PeerMode.SPINNING, Connection.UNLIMITED_BYTES);
            FileChannel file = FileChannel.open(workspace.data(fileBytes));
            return new HotConnection(folder, workspace, Pinning.ofThisThread(), file, connection);
        } catch (IOException | BenchException e) {
            workspace.close();
            throw e;
        }
    }

    FileChannel file() {
        return file;
    }

    SocketChannel socket() {
        return connection.channel();
    }

    Source source() {
        return source;
    }

    Target target() {
        return target;
    }

    @Override
    public void close() throws IOException {
        connection.close();
        file.close();
        pinning.close();
        workspace.close();
        Files.deleteIfExists(folder);
    }

    /** The C program where it is named: a thread of this JVM would be measured with the sender. */
    private static Peer startPeer(Workspace workspace) throws IOException, BenchException {
        Path programs = Options.programs();
        if (Files.isExecutable(programs.resolve(PeerProgram.NAME))) {
            return PeerProgram.start(programs, workspace, List.of(), PeerProgram.LOOPBACK_ADDRESS);
        }
        System.err.println("no C peer in " + programs + ": a thread discards, which is noisy");
        return ReceiverThread.start();
    }
}
