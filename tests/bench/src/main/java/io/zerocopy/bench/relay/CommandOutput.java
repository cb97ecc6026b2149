package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;

import java.io.IOException;
import java.util.List;

/** What a short command says, which ends by itself. */
final class CommandOutput {
    private CommandOutput() {}

    /** The lines of its standard output, at least one. What it says of errors is shown at once. */
    static List<String> lines(String... command) throws BenchException {
        List<String> lines;
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            lines = process.inputReader().lines().toList();
        } catch (IOException e) {
            throw new BenchException("can't run " + command[0] + ": " + e.getMessage(), e);
        }
        if (lines.isEmpty()) {
            throw new BenchException(String.join(" ", command) + " says nothing");
        }
        return lines;
    }
}
