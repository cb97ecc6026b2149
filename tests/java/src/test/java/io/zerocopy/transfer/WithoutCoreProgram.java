package io.zerocopy.transfer;

import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;
import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Sends a file into a pipe and the pipe into a file, and prints how. */
final class WithoutCoreProgram {
    private static final int SIZE = 1_000_001;

    private WithoutCoreProgram() {}

    public static void main(String[] arguments) throws Exception {
        Path source = Path.of(arguments[0]);
        Path target = Path.of(arguments[1]);
        byte[] content = new byte[SIZE];
        new Random(2).nextBytes(content);
        Files.write(source, content);
        System.out.println("available=" + ZeroCopy.isAvailable());
        Pipe pipe = Pipe.open();
        Thread sender = new Thread(() -> send(source, pipe));
        sender.start();
        try (Transfer transfer =
                Transfer.from(pipe.source())
                        .header(ByteBuffer.wrap(new byte[] {1, 2, 3}))
                        .to(target)
                        .build()) {
            TransferResult result = transfer.run();
            System.out.println("mechanisms=" + result.mechanisms());
            System.out.println("fallbacks=" + result.fallbacks());
        }
        sender.join();
        byte[] received = Files.readAllBytes(target);
        byte[] body = Arrays.copyOfRange(received, 3, received.length);
        System.out.println("same=" + Arrays.equals(content, body));
    }

    private static void send(Path source, Pipe pipe) {
        try (Pipe.SinkChannel sink = pipe.sink();
                Transfer transfer = Transfer.from(source).to(sink).build()) {
            transfer.run();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
