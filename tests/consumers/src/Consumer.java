import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;

/** Copies a file with the published library, and fails if that runs without its native core. */
public class Consumer {
    public static void main(String[] arguments) throws IOException {
        if (!ZeroCopy.isAvailable()) {
            throw new IllegalStateException(
                    "the native core is missing", ZeroCopy.unavailabilityCause());
        }
        byte[] content = new byte[1 << 20];
        new Random(1).nextBytes(content);
        Path from = Files.createTempFile("consumer", ".from");
        Path to = Files.createTempFile("consumer", ".to");
        try {
            Files.write(from, content);
            copy(from, to, content.length);
            if (!Arrays.equals(content, Files.readAllBytes(to))) {
                throw new IllegalStateException("the copy differs");
            }
        } finally {
            Files.delete(from);
            Files.delete(to);
        }
        System.out.println("zerocopy-nio " + ZeroCopy.version() + " copied a file");
    }

    private static void copy(Path from, Path to, long bytes) throws IOException {
        try (FileChannel source = FileChannel.open(from);
                FileChannel target = FileChannel.open(to, StandardOpenOption.WRITE)) {
            long copied = ZeroCopy.transferTo(source, 0, bytes, target);
            if (copied != bytes) {
                throw new IllegalStateException("copied " + copied + " of " + bytes + " bytes");
            }
        }
    }
}
