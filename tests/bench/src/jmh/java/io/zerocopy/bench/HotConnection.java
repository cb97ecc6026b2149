package io.zerocopy.bench;

import io.zerocopy.bench.sender.Connection;
import io.zerocopy.bench.sender.ReceiverMode;
import io.zerocopy.cli.compare.Pinning;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file in the page cache, and a kept-open connection to a receiver that discards. */
final class HotConnection implements AutoCloseable {
    private final Path folder;
    private final Workspace workspace;
    private final Pinning pinning;
    private final FileChannel file;
    private final Connection connection;

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
    }

    /** Pins the calling thread, which is the one that JMH measures. */
    static HotConnection open(long fileBytes) throws IOException, BenchException {
        Path folder = Files.createTempDirectory("zerocopy-nio-jmh");
        folder.toFile().deleteOnExit();
        Workspace workspace = Workspace.in(folder);
        try {
            workspace.makeData(fileBytes);
            Connection connection = Connection.open(startReceiver(workspace));
            connection.announce(ReceiverMode.SPINNING, Connection.UNLIMITED_BYTES);
            FileChannel file = FileChannel.open(workspace.data());
            return new HotConnection(folder, workspace, Pinning.ofThisThread(), file, connection);
        } catch (IOException | BenchException e) {
            workspace.close();
            throw e;
        }
    }

    FileChannel file() {
        return file;
    }

    SocketChannel target() {
        return connection.channel();
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
    private static int startReceiver(Workspace workspace) throws IOException, BenchException {
        Path programs = Options.programs();
        if (Files.isExecutable(programs.resolve(ReceiverProgram.NAME))) {
            return ReceiverProgram.start(programs, workspace);
        }
        System.err.println("no C receiver in " + programs + ": a thread discards, which is noisy");
        return ReceiverThread.start();
    }
}
