package io.zerocopy.cli;

import io.zerocopy.ZeroCopy;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of zerocopy-nio. Subcommands only read options; packages do the work. */
@Command(
        name = "zerocopy-nio",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Moves bytes between files and sockets without copies, and measures it.",
        subcommands = {CompareCommand.class, ReceiveCommand.class, SendMarkedCommand.class})
public final class Main implements Runnable {
    @Spec private CommandSpec spec;

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** Ready to run; the tests run it too. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Failures::report);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Name a subcommand, such as: compare");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"zerocopy-nio " + ZeroCopy.version()};
        }
    }
}
