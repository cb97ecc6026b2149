package io.zerocopy.cli.compare;

/** The comparison cannot go on; the message tells the person at the terminal why. */
public final class ExperimentException extends Exception {
    private static final long serialVersionUID = 1L;

    public ExperimentException(String message) {
        super(message);
    }

    public ExperimentException(String message, Throwable cause) {
        super(message, cause);
    }
}
