package io.zerocopy.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A file system of its own, in an image file on a loop device. It goes away with the workspace.
 *
 * @param type ext4, xfs, btrfs
 * @param name of the image and of the folder
 * @param bytes how large the image is
 */
record LoopFileSystem(String type, String name, long bytes) {
    private static final String SCRIPT = "loop-filesystem";

    /** What mounting one takes, if it is made by {@code mkfs}. */
    static List<Tool> tools(Tool mkfs) {
        return List.of(mkfs, Tool.LOSETUP, Tool.BLOCKDEV, Tool.MOUNT);
    }

    /** The folder where it is mounted; without one the row is skipped. */
    Optional<Path> mount(Setting setting, String row, int... readAheadKib) throws BenchException {
        Path folder = setting.workspace().folder().resolve(name).toAbsolutePath();
        List<String> command =
                new ArrayList<>(
                        List.of(
                                setting.options().rigs.resolve(SCRIPT).toString(),
                                type,
                                image(setting).toString(),
                                folder.toString(),
                                Long.toString(bytes)));
        for (int kib : readAheadKib) {
            command.add(Integer.toString(kib));
        }
        return setting.startRig("row " + row, command).map(words -> folder);
    }

    /** The file that the blocks are in. */
    Path image(Setting setting) {
        return setting.workspace().folder().resolve(name + ".img").toAbsolutePath();
    }
}
