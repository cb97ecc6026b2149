package io.zerocopy.cli;

import io.zerocopy.cli.delivery.Limits;
import io.zerocopy.cli.terminal.ByteSize;
import io.zerocopy.cli.terminal.TimeSpan;

import picocli.CommandLine.Option;

/** The options that {@code send} and {@code receive} have in common. */
final class LimitOptions {
    @Option(
            names = "--limit",
            paramLabel = "SIZE",
            description = "At most so many bytes a second, such as 500K, 10M or 1GiB.")
    private ByteSize bytesPerSecond;

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = "60s",
            description =
                    "Give up when the other side does nothing for so long, such as 10, 500ms or "
                            + "5m; 0 never gives up (default: ${DEFAULT-VALUE}).")
    private TimeSpan idle;

    Limits limits() {
        return new Limits(idle.isZero() ? null : idle.duration(), bytesPerSecond);
    }
}
