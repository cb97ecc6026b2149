package io.zerocopy.transfer;

import io.zerocopy.Transfer;
import io.zerocopy.TransferException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * Transfers a stream into a file that may not become as large, and prints what the exception says
 * and whether every byte is accounted for.
 */
final class FullDiskProgram {
    private static final int SIZE = 12_000_001;

    private FullDiskProgram() {}

    public static void main(String[] arguments) throws Exception {
        Path target = Path.of(arguments[0]);
        byte[] content = new byte[SIZE];
        new Random(1).nextBytes(content);
        Pipe pipe = Pipe.open();
        Thread feeder = new Thread(() -> feed(pipe, content));
        feeder.start();
        TransferException thrown = null;
        try (Transfer transfer = Transfer.from(pipe.source()).to(target).build()) {
            transfer.run();
        } catch (TransferException e) {
            thrown = e;
        }
        print("thrown", thrown != null);
        print("delivered", thrown.delivered());
        print("missing", thrown.consumed() - thrown.delivered() - thrown.undelivered().remaining());
        print("errno", thrown.errno());
        print("call", thrown.call());
        print("mechanism", thrown.mechanism());
        print("message", thrown.getMessage());
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(Files.readAllBytes(target));
        print("written", all.size());
        byte[] undelivered = new byte[thrown.undelivered().remaining()];
        thrown.undelivered().get(undelivered);
        all.writeBytes(undelivered);
        ByteBuffer piece = ByteBuffer.allocate(1 << 16);
        while (pipe.source().read(piece.clear()) >= 0) {
            all.write(piece.array(), 0, piece.position());
        }
        feeder.join();
        print("complete", Arrays.equals(content, all.toByteArray()));
    }

    private static void feed(Pipe pipe, byte[] content) {
        ByteBuffer all = ByteBuffer.wrap(content);
        try (Pipe.SinkChannel sink = pipe.sink()) {
            while (all.hasRemaining()) {
                sink.write(all);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void print(String name, Object value) {
        System.out.println(name + "=" + value);
    }
}
