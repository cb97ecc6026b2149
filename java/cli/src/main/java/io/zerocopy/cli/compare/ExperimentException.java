package io.zerocopy.cli.compare;

import io.zerocopy.cli.terminal.CommandException;

/** The comparison cannot go on. */
public final class ExperimentException extends CommandException {
    private static final long serialVersionUID = 1L;

    public ExperimentException(String message) {
        super(message);
    }

    public ExperimentException(String message, Throwable cause) {
        super(message, cause);
    }
}
