package io.zerocopy.cli;

import io.zerocopy.cli.compare.Charts;
import io.zerocopy.cli.compare.CsvReport;
import io.zerocopy.cli.compare.Experiment;
import io.zerocopy.cli.compare.ExperimentException;
import io.zerocopy.cli.compare.Plan;
import io.zerocopy.cli.compare.Results;
import io.zerocopy.cli.compare.Subject;
import io.zerocopy.cli.compare.TextReport;
import io.zerocopy.cli.terminal.ByteSize;
import io.zerocopy.cli.terminal.Progress;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;

/** The classic experiment: one file over TCP, copied through buffers and handed to the kernel. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = {
            "Sends real files over real TCP connections on this machine, by copying and by "
                    + "zero copy, and compares time, CPU time, context switches and system calls.",
            "Writes tables (text, CSV) and charts (PNG, SVG)."
        })
final class CompareCommand implements Callable<Integer> {
    private static final int ROUNDS_MAX = 1000;
    private static final int SECONDS_MAX = 24 * 3600;

    @Spec private CommandSpec spec;

    @ArgGroup private What what = new What();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "build/demo",
            description =
                    "Folder for tables, charts and, while it runs, the files to send "
                            + "(default: ${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "0",
            description = "Timed rounds for every size. Default: as many as fit, 3 to 31.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "150",
            description =
                    "How long the whole run should take (default: ${DEFAULT-VALUE}). A slow "
                            + "machine needs more: no size gets less than 3 rounds.")
    private int seconds;

    /** Either sizes or a file. */
    private static final class What {
        @Option(
                names = "--sizes",
                paramLabel = "SIZE",
                split = ",",
                description =
                        "Sizes of the files to send, such as 7M,1G,512K,1MiB. "
                                + "K, M, G are powers of 1000; KiB, MiB, GiB of 1024. "
                                + "Default: 7M,21M,63M,98M,200M,350M,700M,1G.")
        private List<ByteSize> sizes;

        @Option(
                names = "--file",
                paramLabel = "PATH",
                description = "Sends this file instead; it is only read.")
        private Path file;
    }

    private static final List<ByteSize> CLASSIC_SIZES =
            sizes("7M", "21M", "63M", "98M", "200M", "350M", "700M", "1G");

    @Override
    public Integer call() throws IOException, ExperimentException {
        Ranges.require(spec.commandLine(), "--rounds", rounds, 0, ROUNDS_MAX);
        Ranges.require(spec.commandLine(), "--seconds", seconds, 1, SECONDS_MAX);
        PrintWriter out = spec.commandLine().getOut();
        Plan plan = new Plan(subjects(), output, rounds, Duration.ofSeconds(seconds));
        Results results = new Experiment(plan, Progress.onStandardOutput(out)).run();
        String table = TextReport.of(results);
        out.println();
        out.print(table);
        out.println();
        list(writeTables(results, table));
        list(Charts.write(results, output));
        return 0;
    }

    private List<Subject> subjects() throws ExperimentException {
        if (what.file != null) {
            return List.of(Subject.existing(what.file));
        }
        List<ByteSize> sizes = what.sizes == null ? CLASSIC_SIZES : what.sizes;
        return sizes.stream().distinct().map(Subject::sample).toList();
    }

    private List<Path> writeTables(Results results, String table) throws IOException {
        return List.of(
                Files.writeString(output.resolve("compare.txt"), table),
                Files.writeString(output.resolve("compare.csv"), CsvReport.rows(results)),
                Files.writeString(output.resolve("rounds.csv"), CsvReport.rounds(results)));
    }

    private void list(List<Path> files) {
        PrintWriter out = spec.commandLine().getOut();
        files.forEach(file -> out.println(file.toAbsolutePath().normalize()));
        out.flush();
    }

    private static List<ByteSize> sizes(String... texts) {
        return List.of(texts).stream().map(ByteSize::parse).toList();
    }
}
