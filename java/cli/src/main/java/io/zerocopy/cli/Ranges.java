package io.zerocopy.cli;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Checks of options that picocli can't make. */
final class Ranges {
    private Ranges() {}

    static void require(CommandLine commandLine, String option, int value, int min, int max) {
        if (value < min || value > max) {
            throw new ParameterException(
                    commandLine,
                    option + " must lie between " + min + " and " + max + ", not " + value);
        }
    }
}
