package io.zerocopy.cli;

import io.zerocopy.ZeroCopy;
import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.terminal.ByteSize;
import io.zerocopy.cli.terminal.TimeSpan;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

import java.util.function.Function;

/** The command line of zerocopy-nio. Subcommands only read options; packages do the work. */
@Command(
        name = "zerocopy-nio",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Moves bytes between files and sockets without copies, and measures it.",
        subcommands = {
            RelayCommand.class,
            SendCommand.class,
            ReceiveCommand.class,
            CompareCommand.class,
            CompareReceiverCommand.class,
            SendMarkedCommand.class
        })
public final class Main implements Runnable {
    @Spec private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Ready to run; the tests run it too. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .registerConverter(ByteSize.class, text -> read(ByteSize::parse, text))
                .registerConverter(TimeSpan.class, text -> read(TimeSpan::parse, text))
                .registerConverter(Address.class, text -> read(Address::parse, text))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Failures::report);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Name a subcommand, such as: relay, send, receive, compare");
    }

    private static <T> T read(Function<String, T> parse, String text) {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException failure) {
            throw new TypeConversionException(failure.getMessage());
        }
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"zerocopy-nio " + ZeroCopy.version()};
        }
    }
}
