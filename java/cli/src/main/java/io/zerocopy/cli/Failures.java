package io.zerocopy.cli;

import io.zerocopy.cli.terminal.CommandException;

import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

import java.io.IOException;

/** Turns what went wrong into a line a user can act on. */
final class Failures {
    private Failures() {}

    /** A stack trace only for what nobody foresaw. */
    static int report(Exception failure, CommandLine commandLine, ParseResult arguments) {
        String name = commandLine.getCommandSpec().qualifiedName();
        if (failure instanceof CommandException) {
            commandLine.getErr().println(name + ": " + failure.getMessage());
        } else if (failure instanceof IOException) {
            // The bare message of a NoSuchFileException is just a path: the class says the rest.
            commandLine.getErr().println(name + ": " + failure);
        } else {
            failure.printStackTrace(commandLine.getErr());
        }
        return commandLine.getCommandSpec().exitCodeOnExecutionException();
    }
}
