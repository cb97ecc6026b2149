package io.zerocopy.reuse;

import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** The two channels of a transfer that is going on, for whoever wants to close one. */
record Ends(ReadableByteChannel source, WritableByteChannel target) {
    boolean areOpen() {
        return source.isOpen() && target.isOpen();
    }
}
