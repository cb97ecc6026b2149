package io.zerocopy.differential;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.differential.Dimensions.Content;
import io.zerocopy.differential.Dimensions.FileKind;
import io.zerocopy.differential.Dimensions.FileState;
import io.zerocopy.fixture.ForeignFile;
import io.zerocopy.fixture.PatternFile;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/** A file that was made as described. */
final class OpenFile implements OpenEnd {
    /** Has no size, always the same content, and 6 bytes of it. */
    private static final Path PROC = Path.of("/proc/sys/kernel/ostype");

    private static final Path FULL_DEVICE = Path.of("/dev/full");
    private static final Path MEMORY = Path.of("/dev/shm");

    private final FileEnd end;

    /** On the disk or in memory; of a file in an archive, the archive. */
    private final Path made;

    private final Path path;
    private final FileSystem archive;
    private final FileChannel channel;

    /** Who deletes the file. */
    private final OpenFile owner;

    private byte[] content = new byte[0];

    OpenFile(FileEnd end, Path folder) throws IOException {
        this.end = end;
        Path place = end.kind() == FileKind.MEMORY ? MEMORY : folder;
        made =
                switch (end.kind()) {
                    case PROC -> PROC;
                    case FULL_DEVICE -> FULL_DEVICE;
                    default -> Files.createTempFile(place, "end", null);
                };
        if (end.kind() == FileKind.ZIP) {
            Files.delete(made);
            archive =
                    FileSystems.newFileSystem(
                            made, Map.of("create", "true", "noCompression", "true"));
            path = archive.getPath("entry");
        } else {
            archive = null;
            path = made;
        }
        if (!end.isSpecial()) {
            fill();
        }
        channel = open();
        owner = this;
    }

    private OpenFile(OpenFile file, FileChannel channel) {
        end = file.end;
        made = file.made;
        path = file.path;
        archive = null;
        this.channel = channel;
        owner = file;
    }

    /** The same file once more, as the other end. */
    OpenFile again(SameFileEnd same) throws IOException {
        FileChannel other = same.isSameChannel() ? channel : FileChannel.open(path, READ, WRITE);
        return new OpenFile(this, other.position(same.position()));
    }

    private void fill() throws IOException {
        int size = end.size();
        // The same bytes on both sides would not show which one they are from.
        int seed = end.isSource() ? 1 : 2;
        if (end.content() != Content.SPARSE) {
            Files.write(path, PatternFile.bytes(seed, 0, size));
            return;
        }
        try (FileChannel file = FileChannel.open(path, WRITE)) {
            file.write(ByteBuffer.wrap(PatternFile.bytes(seed, 0, 100)), 0);
            file.write(ByteBuffer.wrap(PatternFile.bytes(seed, 0, 100)), size - 100);
        }
    }

    private FileChannel open() throws IOException {
        FileChannel file = FileChannel.open(path, options());
        if (end.kind() == FileKind.OWN_CLASS) {
            file = new ForeignFile(file);
        }
        switch (end.state()) {
            case MIDDLE -> file.position(Math.min(end.size() / 2 + 1, 2000));
            case PAST_END -> file.position(end.size() + 500);
            case CLOSED -> file.close();
            default -> {}
        }
        return file;
    }

    private Set<StandardOpenOption> options() {
        boolean reads = end.isSource() != (end.state() == FileState.WRONG_MODE);
        if (end.state() == FileState.READ_WRITE) {
            return EnumSet.of(READ, WRITE);
        }
        if (end.state() == FileState.APPEND) {
            return EnumSet.of(APPEND);
        }
        return reads ? EnumSet.of(READ) : EnumSet.of(WRITE);
    }

    @Override
    public FileChannel channel() {
        return channel;
    }

    @Override
    public String state() throws IOException {
        if (!channel.isOpen()) {
            return "closed";
        }
        try {
            return "open " + channel.position();
        } catch (ClosedChannelException e) {
            // One that is around another, which the JDK has closed.
            return "closed";
        }
    }

    @Override
    public String content() throws IOException {
        channel.close();
        if (end.isSpecial()) {
            return "-";
        }
        content = Files.readAllBytes(path);
        return describe(content);
    }

    @Override
    public long contentBytes() {
        return content.length;
    }

    static String describe(byte[] bytes) {
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return bytes.length == 0 ? "0 B" : bytes.length + " B " + Long.toHexString(sum.getValue());
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (archive != null) {
            archive.close();
        }
        if (owner == this && !end.isSpecial()) {
            Files.delete(made);
        }
    }
}
