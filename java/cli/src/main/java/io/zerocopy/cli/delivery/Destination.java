package io.zerocopy.cli.delivery;

import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Quantities;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * Where a file is to go.
 *
 * @param path no symbolic link
 * @param mayReplace whether one that is there may be replaced
 */
public record Destination(Path path, boolean mayReplace) {
    /** Checks what can be checked before anybody sends. */
    public static Destination of(Path asked, boolean mayReplace)
            throws IOException, CommandException {
        Path path = asked.toAbsolutePath();
        if (Files.isSymbolicLink(path)) {
            if (!Files.exists(path)) {
                throw new CommandException(asked + " is a symbolic link that leads nowhere");
            }
            path = path.toRealPath();
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.isRegularFile(path)) {
                throw new CommandException(asked + " is not a regular file");
            }
            if (!mayReplace) {
                throw new CommandException(asked + " exists; --force replaces it");
            }
        }
        Destination destination = new Destination(path, mayReplace);
        Path folder = destination.folder();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CommandException("there is no folder " + folder);
        }
        if (!Files.isWritable(folder)) {
            throw new CommandException("the folder " + folder + " can't be written to");
        }
        return destination;
    }

    Path folder() {
        return path.getParent();
    }

    /** Why so many bytes can't be stored here; null if they can. */
    String refusal(long bytes) throws IOException {
        long room = Files.getFileStore(folder()).getUsableSpace();
        return bytes <= room
                ? null
                : "not enough room for "
                        + Quantities.bytes(bytes)
                        + ": "
                        + Quantities.bytes(room)
                        + " are left";
    }
}
