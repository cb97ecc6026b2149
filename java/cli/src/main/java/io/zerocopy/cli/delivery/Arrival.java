package io.zerocopy.cli.delivery;

import io.zerocopy.cli.terminal.CommandException;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A file that is arriving: under a name of its own beside the one that was asked for, which it gets
 * when it is whole. What is not kept is deleted, by Ctrl-C too.
 */
final class Arrival implements AutoCloseable {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int RANDOM_BYTES = 8;

    private final Destination destination;
    private final Path temporary;
    private final FileChannel file;
    private final Thread hook = new Thread(this::delete, "receive clean-up");

    private Arrival(Destination destination, Path temporary, FileChannel file) {
        this.destination = destination;
        this.temporary = temporary;
        this.file = file;
    }

    static Arrival begin(Destination destination) throws IOException {
        byte[] random = new byte[RANDOM_BYTES];
        RANDOM.nextBytes(random);
        // Not made of the name that was asked for: with more to it that may be too long.
        String name = ".zerocopy-" + HexFormat.of().formatHex(random) + ".partial";
        Path temporary = destination.folder().resolve(name);
        FileChannel file =
                FileChannel.open(
                        temporary,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        Arrival arrival = new Arrival(destination, temporary, file);
        try {
            Runtime.getRuntime().addShutdownHook(arrival.hook);
        } catch (IllegalStateException shuttingDown) {
            arrival.close();
            throw new IOException("interrupted", shuttingDown);
        }
        return arrival;
    }

    /** Open for reading and writing. */
    FileChannel file() {
        return file;
    }

    /** Gives it its name. Where that fails it is whole and stays under the one that it has. */
    void keep() throws CommandException {
        removeHook();
        try {
            file.close();
            rename();
        } catch (FileAlreadyExistsException another) {
            throw new CommandException(
                    destination.path()
                            + " has come to exist in the meantime; all that was received is in "
                            + temporary,
                    another);
        } catch (IOException failure) {
            throw new CommandException(
                    "all was received, but " + temporary + " can't be renamed: " + failure,
                    failure);
        }
    }

    @Override
    public void close() throws IOException {
        if (file.isOpen()) {
            file.close();
            removeHook();
            delete();
        }
    }

    /** A second name takes no other file's place; where there are none, there is a gap in time. */
    private void rename() throws IOException {
        Path path = destination.path();
        if (destination.mayReplace()) {
            replace(path);
            return;
        }
        try {
            Files.createLink(path, temporary);
            Files.delete(temporary);
        } catch (FileAlreadyExistsException another) {
            throw another;
        } catch (UnsupportedOperationException | FileSystemException noLinks) {
            Files.move(temporary, path);
        }
    }

    private void replace(Path path) throws IOException {
        try {
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException never) {
            throw new AssertionError("both are in one folder", never);
        }
    }

    private void removeHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook runs now; what it finds renamed it leaves.
        }
    }

    private void delete() {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException failure) {
            System.err.println("could not delete " + temporary + ": " + failure.getMessage());
        }
    }
}
