package io.zerocopy.bench.mover;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that is written. */
final class FileTarget implements Target {
    private final FileChannel file;
    private final Path deletedAtEnd;

    private FileTarget(FileChannel file, Path deletedAtEnd) {
        this.file = file;
        this.deletedAtEnd = deletedAtEnd;
    }

    /** One that is there, and keeps its size: its bytes are overwritten. */
    static FileTarget existing(Path path) throws IOException {
        return new FileTarget(FileChannel.open(path, StandardOpenOption.WRITE), null);
    }

    /** One that is not there yet, and goes away with the target, so that none of it is flushed. */
    static FileTarget create(Path path) throws IOException {
        return new FileTarget(
                FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                path);
    }

    @Override
    public WritableByteChannel channel() {
        return file;
    }

    @Override
    public void close() throws IOException {
        file.close();
        if (deletedAtEnd != null) {
            Files.delete(deletedAtEnd);
        }
    }
}
