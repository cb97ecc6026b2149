package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;
import io.zerocopy.bench.mover.PeerMode;
import io.zerocopy.cli.terminal.ByteSize;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A large file that is not in memory, on a device that reads as far ahead as most do.
 *
 * <p>The device is an image file that its own disk reads ahead as usual. So it is fast, as long as
 * it is asked for enough at a time, and it is not the disk that is measured. Both the file and the
 * image have to be out of the page cache.
 */
final class ColdFileRow implements TransferRow {
    private static final List<Method> JAVA = List.of(Method.JDK_TRANSFER_TO, Method.ZC_DIRECT_IO);
    private static final List<String> NATIVE = List.of("sendfile", "direct_io", "zc_transfer");
    private static final String FILE_SYSTEM = "ext4";

    /** Linux's default, of which cloud images often deviate. */
    private static final int READ_AHEAD_KIB = 128;

    private static final long OVERHEAD_BYTES = 128L << 20;

    @Override
    public String word() {
        return "cold";
    }

    @Override
    public List<Tool> tools() {
        return LoopFileSystem.tools(Tool.MKFS_EXT4);
    }

    @Override
    public List<Scenario> scenarios(Setting setting) throws BenchException {
        long bytes = setting.options().fileBytes();
        LoopFileSystem request =
                new LoopFileSystem(FILE_SYSTEM, "cold", bytes + bytes / 8 + OVERHEAD_BYTES);
        Optional<Path> folder = request.mount(setting, word(), READ_AHEAD_KIB);
        if (folder.isEmpty()) {
            return List.of();
        }
        Path file = folder.get().resolve("data.bin");
        setting.workspace().write(file, bytes);
        String name = "cold file, read-ahead " + READ_AHEAD_KIB + " KiB, " + new ByteSize(bytes);
        String target = "tcp " + PeerMode.BLOCKING.letter();
        List<Path> evicted = List.of(file, request.image(setting));
        return List.of(
                Scenario.bulk(name, "file " + file, target, bytes, JAVA, NATIVE)
                        .with(Scenario.Traits.cold(evicted)));
    }
}
