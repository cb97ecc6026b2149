package io.zerocopy;

import java.time.Duration;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * How far a transfer is. A header and a trailer are not counted. Example:
 *
 * <pre>{@code
 * try (Transfer transfer =
 *         Transfer.from(path)
 *                 .to(socket)
 *                 .onProgress(it -> System.out.println(it.delivered() + " of " + it.total()))
 *                 .build()) {
 *     transfer.run();
 * }
 * }</pre>
 *
 * @param delivered bytes of the source that the target has accepted, at least 0
 * @param consumed bytes taken from the source, at least {@code delivered}
 * @param total how many bytes there will be, where that is known: the count that was asked for, or
 *     what a file had when the transfer began
 * @param elapsed the time since the first run began; zero before
 */
public record Progress(long delivered, long consumed, OptionalLong total, Duration elapsed) {
    /**
     * Checks that nothing is null.
     *
     * @param delivered bytes that the target has accepted
     * @param consumed bytes taken from the source
     * @param total how many there will be, where that is known
     * @param elapsed the time since the first run began
     */
    public Progress {
        Objects.requireNonNull(total, "total");
        Objects.requireNonNull(elapsed, "elapsed");
    }
}
