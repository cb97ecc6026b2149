package io.zerocopy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** Where the numbers come from: without it they say nothing. */
final class Environment {
    private Environment() {}

    /** One line for each thing. Taken before anything runs: the load must not be our own. */
    static List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("date: " + Instant.now().truncatedTo(ChronoUnit.SECONDS));
        lines.add(
                "kernel: "
                        + System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.version")
                        + ", "
                        + System.getProperty("os.arch"));
        lines.add(
                "processor: "
                        + firstValue("/proc/cpuinfo", "model name")
                        + ", "
                        + Runtime.getRuntime().availableProcessors()
                        + " cores");
        lines.add("memory: " + firstValue("/proc/meminfo", "MemTotal"));
        lines.add("load average before the run: " + firstValue("/proc/loadavg", ""));
        return lines;
    }

    private static String firstValue(String file, String name) {
        try {
            return Files.readAllLines(Path.of(file)).stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
