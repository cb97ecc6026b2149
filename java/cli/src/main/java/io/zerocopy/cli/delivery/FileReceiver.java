package io.zerocopy.cli.delivery;

import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.TransferException;
import io.zerocopy.TransferTimeoutException;
import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.address.Listener;
import io.zerocopy.cli.delivery.Message.Kind;
import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Progress;
import io.zerocopy.cli.terminal.ProgressBar;
import io.zerocopy.cli.terminal.Quantities;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;

/** The side that wants the file. */
public final class FileReceiver {
    /** How long a connection may take to show that it comes from a sender. */
    private static final Duration GREETING_LIMIT = Duration.ofSeconds(10);

    private final Destination destination;
    private final Limits limits;
    private final Progress progress;

    public FileReceiver(Destination destination, Limits limits, Progress progress) {
        this.destination = destination;
        this.limits = limits;
        this.progress = progress;
    }

    /**
     * Waits for the first sender and takes its file; whoever else connects before is sent away.
     * Nobody can connect once the sender is found.
     */
    public Delivered receive(Listener listener) throws IOException, CommandException {
        while (true) {
            try (SocketChannel socket = listener.channel().accept()) {
                Talk talk = new Talk(socket);
                Greeting greeting = greeting(socket, talk);
                if (greeting != null) {
                    listener.close();
                    return take(greeting, socket, talk);
                }
            }
        }
    }

    /** Null if it is not a sender that has connected. */
    private Greeting greeting(SocketChannel socket, Talk talk) {
        String who = "a connection";
        try {
            who = "a connection from " + Address.text(socket.getRemoteAddress());
            Greeting greeting = Greeting.of(talk.read(Greeting.WIRE_BYTES, GREETING_LIMIT));
            if (greeting == null) {
                progress.line(who + " was not from `zerocopy-nio send`; still waiting");
            }
            return greeting;
        } catch (IOException broken) {
            progress.line(who + " ended before it said anything; still waiting");
            return null;
        }
    }

    private Delivered take(Greeting greeting, SocketChannel socket, Talk talk)
            throws IOException, CommandException {
        long begunNanos = System.nanoTime();
        byte[] checksum;
        try {
            checksum = store(greeting, socket, talk);
        } catch (CommandException failure) {
            tell(talk, Message.failed(failure.getMessage()));
            throw failure;
        } finally {
            progress.clear();
        }
        if (!tell(talk, Message.of(Kind.STORED))) {
            progress.line("the sender was gone before it could be told that all has arrived");
        }
        return Delivered.since(begunNanos, greeting, checksum);
    }

    private byte[] store(Greeting greeting, SocketChannel socket, Talk talk)
            throws CommandException {
        try {
            String refusal = destination.refusal(greeting.bytes());
            if (refusal != null) {
                throw new CommandException(refusal);
            }
            try (Arrival arrival = Arrival.begin(destination);
                    FollowingChecksum following =
                            new FollowingChecksum(arrival.file(), greeting.checksum())) {
                Message.of(Kind.READY).write(talk, limits.idle());
                receiveBytes(greeting, socket, arrival, following);
                progress.step("computing the checksum");
                byte[] theirs = theirChecksum(talk);
                if (!Arrays.equals(theirs, following.await(talk, limits.idle()))) {
                    throw new CommandException(
                            "the bytes differ from those of the sender: was its file changed "
                                    + "while it was sent?");
                }
                arrival.keep();
                return theirs;
            }
        } catch (TransferTimeoutException silent) {
            throw new CommandException("the sender said nothing more; given up", silent);
        } catch (EOFException | TransferException | ProtocolException broken) {
            throw new CommandException("the connection broke: " + broken.getMessage(), broken);
        } catch (IOException failure) {
            // The bare message of a NoSuchFileException is just a path: the class says the rest.
            throw new CommandException("the file can't be stored: " + failure, failure);
        }
    }

    private void receiveBytes(
            Greeting greeting, SocketChannel socket, Arrival arrival, FollowingChecksum following)
            throws IOException, CommandException {
        ProgressBar bar = new ProgressBar(progress, greeting.bytes());
        Transfer.Builder receiving =
                Transfer.from(socket)
                        .count(greeting.bytes())
                        .to(arrival.file(), 0)
                        .onProgress(
                                now -> {
                                    following.reach(now.delivered());
                                    bar.show(now.delivered());
                                });
        try (Transfer transfer = limits.applyTo(receiving).build()) {
            End end = transfer.run().end();
            if (end != End.COMPLETE) {
                throw new CommandException(
                        "the sender has closed the connection "
                                + after(transfer.progress().delivered(), greeting));
            }
            following.finish(greeting.bytes());
        } catch (TransferTimeoutException silent) {
            throw new CommandException(
                    "the sender sent nothing for "
                            + Quantities.time(limits.idle())
                            + ", "
                            + after(silent.delivered(), greeting),
                    silent);
        } catch (TransferException broken) {
            Throwable cause = broken.getCause() == null ? broken : broken.getCause();
            throw new CommandException(
                    "it stopped " + after(broken.delivered(), greeting) + ": " + cause.getMessage(),
                    broken);
        }
    }

    private static String after(long received, Greeting greeting) {
        return "after " + received + " of " + greeting.bytes() + " bytes";
    }

    private byte[] theirChecksum(Talk talk) throws IOException {
        Message message = Message.readPastWork(talk, limits.idle());
        if (message.kind() != Kind.CHECKSUM) {
            throw new ProtocolException(message.kind() + " where the checksum was due");
        }
        return message.content();
    }

    /** Whether it could be said; a sender that is gone knows anyway. */
    private boolean tell(Talk talk, Message message) {
        try {
            message.write(talk, limits.idle());
            return true;
        } catch (IOException gone) {
            return false;
        }
    }
}
