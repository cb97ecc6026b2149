package io.zerocopy.internal.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * Finds and loads the shared library of the native core.
 *
 * <p>In this order: the file that {@value Settings#LIBRARY_PATH} names, and then nothing else;
 * {@code java.library.path}; the library in the jar, extracted to a private file with a random name
 * (mode 0600) that is removed as soon as it is loaded, so that nothing is left even by a kill and
 * nobody can put his own library in its place.
 */
final class NativeLibrary {
    private static final String NAME = "zerocopy_nio";
    private static final Map<String, String> ARCHITECTURES =
            Map.of("amd64", "x86_64", "x86_64", "x86_64", "aarch64", "aarch64");

    private NativeLibrary() {}

    /**
     * Loads the library.
     *
     * @throws UnsatisfiedLinkError with a message that says what to do, and with every other way
     *     that was tried among its suppressed exceptions
     * @throws IllegalCallerException from JDK 24 on with {@code --illegal-native-access=deny}
     */
    static void load() {
        if (Settings.isCoreDisabled()) {
            throw new UnsatisfiedLinkError(
                    "disabled by -D"
                            + Settings.DISABLE
                            + "="
                            + System.getProperty(Settings.DISABLE));
        }
        String explicit = System.getProperty(Settings.LIBRARY_PATH);
        if (explicit != null) {
            loadExplicit(explicit);
            return;
        }
        try {
            System.loadLibrary(NAME);
        } catch (UnsatisfiedLinkError notOnPath) {
            try {
                loadFromJar();
            } catch (UnsatisfiedLinkError e) {
                e.addSuppressed(notOnPath);
                throw e;
            }
        }
    }

    private static void loadExplicit(String path) {
        try {
            checkWhole(Path.of(path));
            System.load(Path.of(path).toAbsolutePath().toString());
        } catch (UnsatisfiedLinkError e) {
            throw failure(
                    "can't load "
                            + path
                            + ", which -D"
                            + Settings.LIBRARY_PATH
                            + " names: "
                            + e.getMessage()
                            + "; correct the path, or leave the property out",
                    e);
        }
    }

    private static void checkWhole(Path file) {
        try {
            if (ElfFile.isCutOff(file)) {
                throw new UnsatisfiedLinkError("the end of the file is missing");
            }
        } catch (IOException e) {
            // Whether it can be read and what it is, the JVM says in its own words.
        }
    }

    private static void loadFromJar() {
        String resource = resource();
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new UnsatisfiedLinkError(
                        "the jar has no "
                                + resource
                                + "; build it for this machine and name it by -D"
                                + Settings.LIBRARY_PATH);
            }
            loadExtracted(library);
        } catch (IOException e) {
            throw failure(
                    "can't extract the native library to "
                            + folder()
                            + ": "
                            + describe(e)
                            + "; name a folder that can be written to by -D"
                            + Settings.TEMPORARY_FOLDER,
                    e);
        }
    }

    private static void loadExtracted(InputStream library) throws IOException {
        Path file =
                Files.createTempFile(
                        folder(),
                        NAME,
                        ".so",
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        try {
            // Into the file that was just made, not over it: a new file would get other
            // permissions.
            try (OutputStream out = Files.newOutputStream(file)) {
                library.transferTo(out);
            }
            System.load(file.toAbsolutePath().toString());
        } catch (UnsatisfiedLinkError e) {
            throw failure(
                    "can't load the native library from "
                            + folder()
                            + ": "
                            + e.getMessage()
                            + "; if that folder is mounted noexec, name another one by -D"
                            + Settings.TEMPORARY_FOLDER,
                    e);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static String resource() {
        String system = System.getProperty("os.name", "");
        String architecture = ARCHITECTURES.get(System.getProperty("os.arch", ""));
        if (!system.equals("Linux") || architecture == null) {
            throw new UnsatisfiedLinkError(
                    "there is no native core for "
                            + system
                            + " on "
                            + System.getProperty("os.arch"));
        }
        return "/META-INF/native/" + NAME + "/linux-" + architecture + "/lib" + NAME + ".so";
    }

    private static Path folder() {
        String folder = System.getProperty(Settings.TEMPORARY_FOLDER);
        return Path.of(folder != null ? folder : System.getProperty("java.io.tmpdir"));
    }

    private static String describe(IOException e) {
        return e instanceof NoSuchFileException ? "no such folder" : e.toString();
    }

    private static UnsatisfiedLinkError failure(String message, Throwable cause) {
        UnsatisfiedLinkError error = new UnsatisfiedLinkError(message);
        error.initCause(cause);
        return error;
    }
}
