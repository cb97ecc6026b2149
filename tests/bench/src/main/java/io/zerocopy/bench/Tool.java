package io.zerocopy.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A program of the system that rows need beside those of the benchmark.
 *
 * @param program its name
 * @param packageName what to install to have it, as most distributions call it
 */
public record Tool(String program, String packageName) {
    static final Tool STRACE = new Tool("strace", "strace");
    static final Tool IP = new Tool("ip", "iproute2");
    static final Tool MOUNT = new Tool("mount", "mount");
    static final Tool LOSETUP = new Tool("losetup", "mount");
    static final Tool BLOCKDEV = new Tool("blockdev", "util-linux");
    static final Tool MKFS_EXT4 = new Tool("mkfs.ext4", "e2fsprogs");
    static final Tool MKFS_XFS = new Tool("mkfs.xfs", "xfsprogs");

    /** Where it is, by the search path of commands. */
    public Optional<Path> find() {
        return Stream.of(System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin").split(":"))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** For people: what is missing, and what to do about it. */
    public String absence() {
        return program + " is not installed: it is in the package " + packageName;
    }
}
