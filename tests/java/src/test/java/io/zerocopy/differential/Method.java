package io.zerocopy.differential;

import io.zerocopy.ZeroCopy;
import io.zerocopy.differential.Dimensions.Operation;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/** Whose methods are called. */
enum Method {
    JDK(FileChannel::transferTo, FileChannel::transferFrom),
    OURS(ZeroCopy::transferTo, ZeroCopy::transferFrom);

    private final To to;
    private final From from;

    Method(To to, From from) {
        this.to = to;
        this.from = from;
    }

    private interface To {
        long transfer(FileChannel source, long position, long count, WritableByteChannel target)
                throws IOException;
    }

    private interface From {
        long transfer(FileChannel target, ReadableByteChannel source, long position, long count)
                throws IOException;
    }

    long call(Operation operation, FileChannel file, long position, long count, Channel other)
            throws IOException {
        return operation == Operation.TRANSFER_TO
                ? to.transfer(file, position, count, (WritableByteChannel) other)
                : from.transfer(file, (ReadableByteChannel) other, position, count);
    }
}
