package io.zerocopy.cli.terminal;

/** A command cannot go on; the message tells the person at the terminal why. */
public class CommandException extends Exception {
    private static final long serialVersionUID = 1L;

    public CommandException(String message) {
        super(message);
    }

    public CommandException(String message, Throwable cause) {
        super(message, cause);
    }
}
