package io.zerocopy.cli.proxy;

import io.zerocopy.cli.terminal.Progress;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Says what goes wrong, but not a thousand times a second: each kind once a minute. */
final class Notices {
    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** More kinds than this are not told apart. */
    private static final int KINDS_MAX = 1000;

    private final Progress progress;
    private final Map<String, Long> saidNanos = new HashMap<>();

    Notices(Progress progress) {
        this.progress = progress;
    }

    void say(String text) {
        long now = System.nanoTime();
        Long said = saidNanos.get(text);
        boolean isNew = said == null || now - said > QUIET_NANOS;
        if (isNew && saidNanos.size() < KINDS_MAX) {
            saidNanos.put(text, now);
            progress.line(text);
        }
        saidNanos.values().removeIf(before -> now - before > QUIET_NANOS);
    }
}
