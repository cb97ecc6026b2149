package io.zerocopy.cli.compare;

import io.zerocopy.cli.terminal.ByteSize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * One thing to send: a sample file of a given size, or a file of the user's.
 *
 * @param label its name in tables and charts
 * @param size its size
 * @param file the user's file, or null for a sample file that is made and deleted
 */
public record Subject(String label, ByteSize size, Path file) {
    public static Subject sample(ByteSize size) {
        return new Subject(size.toString(), size, null);
    }

    public static Subject existing(Path file) throws ExperimentException {
        try {
            if (!Files.isRegularFile(file)) {
                throw new ExperimentException(
                        file + (Files.exists(file) ? " is not a regular file" : " does not exist"));
            }
            if (!Files.isReadable(file)) {
                throw new ExperimentException(file + " is not readable for this user");
            }
            long bytes = Files.size(file);
            if (bytes == 0) {
                throw new ExperimentException(file + " is empty: there is nothing to send");
            }
            return new Subject(label(file, bytes), new ByteSize(bytes), file);
        } catch (IOException | IllegalArgumentException failure) {
            throw new ExperimentException(
                    "cannot use " + file + ": " + failure.getMessage(), failure);
        }
    }

    private static String label(Path file, long bytes) {
        String size =
                bytes < 1_000_000
                        ? bytes + " B"
                        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
        return file.getFileName() + " (" + size + ")";
    }
}
