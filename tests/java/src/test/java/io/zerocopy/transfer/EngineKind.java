package io.zerocopy.transfer;

import io.zerocopy.fixture.ForeignChannel;
import io.zerocopy.fixture.ForeignFile;

import org.junit.jupiter.params.provider.Arguments;

import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The two engines of a transfer. Which of them runs follows from the classes of the channels: one
 * channel that is not the JDK's own, and no descriptor is touched.
 */
enum EngineKind {
    NATIVE,
    BUFFER;

    /** The file as it is, or in a class of another file system. */
    FileChannel file(FileChannel file) {
        return this == NATIVE ? file : new ForeignFile(file);
    }

    /** The source as it is, or in a class that the library does not know. */
    ReadableByteChannel source(ReadableByteChannel source) {
        if (this == NATIVE) {
            return source;
        }
        return source instanceof FileChannel
                ? new ForeignFile((FileChannel) source)
                : ForeignChannel.around(source);
    }

    /** The target as it is, or in a class that the library does not know. */
    WritableByteChannel target(WritableByteChannel target) {
        if (this == NATIVE) {
            return target;
        }
        return target instanceof FileChannel
                ? new ForeignFile((FileChannel) target)
                : ForeignChannel.around(target);
    }

    /** All combinations with both engines, for MethodSource. */
    static Stream<Arguments> with(List<?>... lists) {
        Stream<List<Object>> rows = Arrays.stream(values()).map(List::of);
        for (List<?> list : lists) {
            rows =
                    rows.flatMap(
                            row ->
                                    list.stream()
                                            .map(
                                                    last ->
                                                            Stream.concat(
                                                                            row.stream(),
                                                                            Stream.of(
                                                                                    (Object) last))
                                                                    .toList()));
        }
        return rows.map(row -> Arguments.of(row.toArray()));
    }
}
