package io.zerocopy.relay;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Command;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Goal: an engine whose relays all wait does nothing, whatever they wait for: no event is told
 * again and again.
 *
 * <p>Method: strace lists how often the threads of a child JVM wait for events, in two seconds in
 * which nothing happens.
 */
class RelayQuietTest {
    /** The engine of Java looks for closed channels each second. */
    private static final int WAITS_MAX = 8;

    @TempDir Path folder;

    @Test
    void relaysThatWaitCostNothing() throws Exception {
        Path log = folder.resolve("strace.log");
        List<String> strace =
                List.of(
                        "strace",
                        "-f",
                        "-q",
                        "-e",
                        "trace=%file,epoll_wait,?epoll_pwait,?epoll_pwait2",
                        "-o",
                        log.toString());
        List<String> trial = new ArrayList<>(strace);
        trial.add("true");
        assumeTrue(Command.succeeds(trial), "strace is missing, or may not trace here");
        ChildJvm.of(RelayQuietProgram.class).likeThisOne().under(strace).run();
        List<String> waits =
                Files.readAllLines(log).stream()
                        .dropWhile(line -> !line.contains(RelayQuietProgram.BEGIN))
                        .takeWhile(line -> !line.contains(RelayQuietProgram.END))
                        .filter(line -> line.contains("epoll_") && !line.contains("resumed"))
                        .collect(Collectors.toList());
        assertTrue(waits.size() <= WAITS_MAX, () -> waits.size() + " waits, as " + waits.get(0));
        System.out.println("quiet: " + waits.size() + " waits for events");
    }
}
