package io.zerocopy.cli;

import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.address.Connections;
import io.zerocopy.cli.delivery.Checksum;
import io.zerocopy.cli.delivery.Delivered;
import io.zerocopy.cli.delivery.FileSender;
import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Progress;
import io.zerocopy.cli.terminal.TimeSpan;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** A file to a {@link ReceiveCommand}. */
@Command(
        name = "send",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Sends a file to `zerocopy-nio receive`, and ends well only when that has all of it, "
                    + "checked and under its name.",
            "The bytes go straight from the page cache to the network. They are not encrypted."
        },
        footer = {
            "",
            "On the one machine, then on the other:",
            "  zerocopy-nio receive :7000 copy.iso",
            "  zerocopy-nio send image.iso 10.0.0.2:7000",
            "",
            "Exit code: 0 all has arrived, 1 it has not, 2 the command line is wrong."
        })
final class SendCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "What to send: a regular file.")
    private Path file;

    @Parameters(
            index = "1",
            paramLabel = "ADDRESS",
            description = "Where the receiver listens: host:port, [IPv6]:port or unix:/path.")
    private Address address;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description =
                    "How long each address that the host has may take to answer "
                            + "(default: ${DEFAULT-VALUE}).")
    private TimeSpan connectTimeout;

    @Option(
            names = "--checksum",
            paramLabel = "KIND",
            defaultValue = "sha256",
            description =
                    "How both sides check the bytes: sha256 as sha256sum does, or crc32c, which "
                            + "keeps up with fast networks (default: ${DEFAULT-VALUE}).")
    private Checksum checksum;

    @Mixin private LimitOptions limits;

    @Override
    public Integer call() throws IOException, CommandException {
        if (!address.isTarget()) {
            throw new ParameterException(
                    spec.commandLine(), "'" + address + "' does not say where to send to");
        }
        if (!Files.isRegularFile(file)) {
            throw new CommandException(
                    file + (Files.exists(file) ? " is not a regular file" : " does not exist"));
        }
        PrintWriter err = spec.commandLine().getErr();
        try (FileChannel source = FileChannel.open(file);
                SocketChannel socket = Connections.connect(address, connectTimeout.duration())) {
            Delivered delivered =
                    FileSender.send(
                            source,
                            socket,
                            checksum,
                            limits.limits(),
                            Progress.onStandardError(err));
            spec.commandLine().getOut().println("sent " + delivered);
        }
        return 0;
    }
}
