package io.zerocopy;

/** How far a run of a {@link Transfer} has come. */
public enum End {
    /** All that was asked for was delivered. */
    COMPLETE,

    /** The source ended before the count that was asked for; all it had was delivered. */
    SOURCE_ENDED,

    /** The source is in non-blocking mode and has nothing now: run again when it has. */
    WAIT_SOURCE,

    /** The target is in non-blocking mode and takes nothing now: run again when it does. */
    WAIT_TARGET,

    /** {@link Transfer#cancel} was called. What was taken from the source is kept. */
    CANCELLED
}
