package io.zerocopy.cli;

import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.address.Listener;
import io.zerocopy.cli.delivery.Delivered;
import io.zerocopy.cli.delivery.Destination;
import io.zerocopy.cli.delivery.FileReceiver;
import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Progress;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** A file from a {@link SendCommand}. */
@Command(
        name = "receive",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Listens for one `zerocopy-nio send`, stores its file, and ends.",
            "The file gets its name when all of it is there and its checksum is right; what is "
                    + "not whole is deleted. Anybody who reaches the address can send."
        },
        footer = {"", "Exit code: 0 the file is there, 1 it is not, 2 the command line is wrong."})
final class ReceiveCommand implements Callable<Integer> {
    private static final int BACKLOG = 16;

    @Spec private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "ADDRESS",
            description =
                    "Where to listen: host:port, [IPv6]:port, :port for every address of this "
                            + "machine, or unix:/path. Port 0 is any that is free.")
    private Address address;

    @Parameters(index = "1", paramLabel = "FILE", description = "What to call the file.")
    private Path file;

    @Option(names = "--force", description = "Replace the file if there is one.")
    private boolean mayReplace;

    @Mixin private LimitOptions limits;

    @Override
    public Integer call() throws IOException, CommandException {
        PrintWriter out = spec.commandLine().getOut();
        Destination destination = Destination.of(file, mayReplace);
        Progress progress = Progress.onStandardError(spec.commandLine().getErr());
        try (Listener listener = Listener.open(address, BACKLOG)) {
            out.println("listening on " + listener.address());
            out.flush();
            Delivered delivered =
                    new FileReceiver(destination, limits.limits(), progress).receive(listener);
            out.println("received " + delivered);
        }
        return 0;
    }
}
