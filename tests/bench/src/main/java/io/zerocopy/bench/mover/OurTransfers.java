package io.zerocopy.bench.mover;

import io.zerocopy.DirectIo;
import io.zerocopy.Mechanism;
import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;

import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;

/** Moves by {@link Transfer}, one for each time. */
final class OurTransfers {
    private OurTransfers() {}

    static void byDefault(Source source, Target target, long bytes) throws IOException {
        run(between(source, target, bytes), bytes);
    }

    static void bySendfile(Source source, Target target, long bytes) throws IOException {
        run(between(source, target, bytes).mechanism(Mechanism.SENDFILE), bytes);
    }

    static void byDirectIo(Source source, Target target, long bytes) throws IOException {
        run(between(source, target, bytes).directIo(DirectIo.auto()), bytes);
    }

    private static Transfer.Builder between(Source source, Target target, long bytes) {
        Transfer.Builder builder = Transfer.from(source.channel()).count(bytes);
        if (source.channel() instanceof FileChannel) {
            builder.position(0);
        }
        return target.channel() instanceof FileChannel file
                ? builder.to(file, 0)
                : builder.to(target.channel());
    }

    private static void run(Transfer.Builder builder, long bytes) throws IOException {
        try (Transfer transfer = builder.build()) {
            TransferResult result = transfer.run();
            if (result.delivered() != bytes) {
                throw new EOFException("not " + bytes + " bytes: " + result);
            }
            // As at the start of the program: the fallback's numbers would be under a false name.
            if (result.systemCalls() == 0) {
                throw new IOException("not by the native core: " + result);
            }
        }
    }
}
