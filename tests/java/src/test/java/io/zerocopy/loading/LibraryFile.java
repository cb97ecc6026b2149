package io.zerocopy.loading;

import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The native library that the jar carries, as a file. */
final class LibraryFile {
    private static final String NAME = "libzerocopy_nio.so";

    private LibraryFile() {}

    /** Copies the library into a folder. */
    static Path extractTo(Path folder) throws IOException {
        String architecture = System.getProperty("os.arch").equals("amd64") ? "x86_64" : "aarch64";
        String resource = "/META-INF/native/zerocopy_nio/linux-" + architecture + "/" + NAME;
        Path file = folder.resolve(NAME);
        try (InputStream in = ZeroCopy.class.getResourceAsStream(resource)) {
            Files.copy(in, file);
        }
        return file;
    }
}
