package io.zerocopy.cli.delivery;

import io.zerocopy.DirectIo;
import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.TransferTimeoutException;
import io.zerocopy.cli.delivery.Message.Kind;
import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Progress;
import io.zerocopy.cli.terminal.ProgressBar;
import io.zerocopy.cli.terminal.Quantities;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** The side that has the file. */
public final class FileSender {
    /** How long a receiver whose connection is broken may take to have said why. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final FileChannel file;
    private final Greeting greeting;
    private final Talk talk;
    private final SocketChannel socket;
    private final Limits limits;
    private final Progress progress;

    private FileSender(
            FileChannel file,
            Greeting greeting,
            SocketChannel socket,
            Limits limits,
            Progress progress) {
        this.file = file;
        this.greeting = greeting;
        this.talk = new Talk(socket);
        this.socket = socket;
        this.limits = limits;
        this.progress = progress;
    }

    /** Sends what the file has now; returns when the receiver has it, all and right. */
    public static Delivered send(
            FileChannel file,
            SocketChannel socket,
            Checksum checksum,
            Limits limits,
            Progress progress)
            throws IOException, CommandException {
        Greeting greeting = new Greeting(file.size(), checksum);
        try {
            return new FileSender(file, greeting, socket, limits, progress).send();
        } catch (TransferTimeoutException silent) {
            throw new CommandException("the receiver does not answer; given up", silent);
        } catch (ProtocolException stranger) {
            throw new CommandException(
                    "what listens there is not `zerocopy-nio receive`", stranger);
        } catch (EOFException | TransferException broken) {
            throw new CommandException("the receiver has closed the connection", broken);
        } finally {
            progress.clear();
        }
    }

    private Delivered send() throws IOException, CommandException {
        long begunNanos = System.nanoTime();
        talk.write(greeting.toWire(), limits.idle());
        expect(Kind.READY);
        byte[] checksum;
        try (FollowingChecksum following = new FollowingChecksum(file, greeting.checksum())) {
            sendBytes(following);
            progress.step("computing the checksum");
            checksum = following.await(talk, limits.idle());
        }
        new Message(Kind.CHECKSUM, checksum).write(talk, limits.idle());
        expect(Kind.STORED);
        return Delivered.since(begunNanos, greeting, checksum);
    }

    private void sendBytes(FollowingChecksum following) throws IOException, CommandException {
        ProgressBar bar = new ProgressBar(progress, greeting.bytes());
        Transfer.Builder sending =
                Transfer.from(file)
                        .position(0)
                        .count(greeting.bytes())
                        .to(socket)
                        // The checksum reads the same bytes, from the page cache.
                        .directIo(DirectIo.never())
                        .onProgress(
                                now -> {
                                    following.reach(now.delivered());
                                    bar.show(now.delivered());
                                });
        try (Transfer transfer = limits.applyTo(sending).build()) {
            End end = transfer.run().end();
            if (end != End.COMPLETE) {
                throw new CommandException(
                        "the file became shorter while it was sent: it ended "
                                + after(transfer.progress().delivered()));
            }
            following.finish(greeting.bytes());
        } catch (TransferTimeoutException silent) {
            throw new CommandException(
                    "the receiver took nothing for "
                            + Quantities.time(limits.idle())
                            + ", "
                            + after(silent.delivered()),
                    silent);
        } catch (TransferException broken) {
            throw new CommandException(whyItBroke(broken), broken);
        }
    }

    /** A receiver that gives up says why before it closes; the bytes in between are lost on it. */
    private String whyItBroke(TransferException broken) {
        try {
            Message last = Message.readPastWork(talk, LAST_WORDS);
            if (last.kind() == Kind.FAILED) {
                return "the receiver has given up: " + last.text();
            }
        } catch (IOException nothingWasSaid) {
            broken.addSuppressed(nothingWasSaid);
        }
        Throwable cause = broken.getCause() == null ? broken : broken.getCause();
        return "the connection broke " + after(broken.delivered()) + ": " + cause.getMessage();
    }

    private String after(long sent) {
        return "after " + sent + " of " + greeting.bytes() + " bytes";
    }

    private void expect(Kind kind) throws IOException, CommandException {
        Message message = Message.readPastWork(talk, limits.idle());
        if (message.kind() == Kind.FAILED) {
            throw new CommandException("the receiver has given up: " + message.text());
        }
        if (message.kind() != kind) {
            throw new ProtocolException(message.kind() + " where " + kind + " was due");
        }
    }
}
