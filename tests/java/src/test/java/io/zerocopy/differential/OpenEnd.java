package io.zerocopy.differential;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.Channel;

/** An end that was made as described, and what can be seen of it. */
interface OpenEnd extends Closeable {
    /** What the method gets; may be null. */
    Channel channel();

    /** Whether it is open, where it stands, in which mode it is. */
    String state() throws IOException;

    /**
     * Closes it and tells what it has: the content of a file, what has arrived at the peer of a
     * target, what a source has left.
     */
    String content() throws IOException;

    /** How much is in it, known after {@link #content}. */
    long contentBytes();
}
