package io.zerocopy.cli;

import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.address.Listener;
import io.zerocopy.cli.proxy.ProxyOptions;
import io.zerocopy.cli.proxy.StopSignals;
import io.zerocopy.cli.proxy.TcpProxy;
import io.zerocopy.cli.terminal.CommandException;
import io.zerocopy.cli.terminal.Progress;
import io.zerocopy.cli.terminal.TimeSpan;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;

/** A proxy for any protocol. */
@Command(
        name = "relay",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        sortOptions = false,
        description = {
            "A proxy for any protocol over TCP or UNIX sockets: what connects here is connected "
                    + "there, and the bytes go from socket to socket in the kernel.",
            "On a terminal a line of statistics is shown every second. SIGTERM and SIGINT stop "
                    + "it: nobody is accepted any more, and what is running may end; a second "
                    + "signal ends that too."
        },
        footer = {
            "",
            "For example:",
            "  zerocopy-nio relay --listen :8080 --to 10.0.0.5:80,10.0.0.6:80",
            "",
            "Exit code: 0 it was stopped, 1 it can't listen, 2 the command line is wrong."
        })
final class RelayCommand implements Callable<Integer> {
    private static final int THREADS_MAX = 256;

    /** As many as the system allows: net.core.somaxconn cuts it. */
    private static final int BACKLOG = 4096;

    @Spec private CommandSpec spec;

    @Option(
            names = "--listen",
            required = true,
            paramLabel = "ADDRESS",
            description =
                    "Where clients connect to: host:port, [IPv6]:port, :port for every address of "
                            + "this machine, or unix:/path. Port 0 is any that is free.")
    private Address listen;

    @Option(
            names = "--to",
            required = true,
            split = ",",
            paramLabel = "ADDRESS",
            description =
                    "Where to connect to. Of several, and of all that a host name stands for, the "
                            + "first that answers is taken; what has failed in the last 10 "
                            + "seconds is tried last.")
    private List<Address> targets;

    @Option(
            names = "--connect-timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description =
                    "How long each of them may take to answer, such as 5s or 500ms "
                            + "(default: ${DEFAULT-VALUE}).")
    private TimeSpan connectTimeout;

    @Option(
            names = "--idle-timeout",
            paramLabel = "TIME",
            defaultValue = "0",
            description =
                    "End a connection that has moved nothing for so long. Default: 0, for never.")
    private TimeSpan idleTimeout;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "How many there may be at once; the next ones wait to be accepted. Default: "
                            + "0, for as many as there are file descriptors.")
    private int connectionsMax;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Threads that move bytes. One fills a fast network (default: "
                            + "${DEFAULT-VALUE}).")
    private int threads;

    @Option(
            names = "--drain-time",
            paramLabel = "TIME",
            defaultValue = "30s",
            description =
                    "How long connections may go on after the signal to stop "
                            + "(default: ${DEFAULT-VALUE}).")
    private TimeSpan drainTime;

    @Override
    public Integer call() throws IOException, CommandException {
        PrintWriter out = spec.commandLine().getOut();
        Progress progress = Progress.onStandardError(spec.commandLine().getErr());
        ProxyOptions options = options();
        try (Listener listener = Listener.open(listen, BACKLOG);
                TcpProxy proxy = new TcpProxy(listener, options, progress)) {
            out.println("listening on " + listener.address());
            out.flush();
            out.println(StopSignals.during(proxy::run, proxy::stop));
        }
        return 0;
    }

    private ProxyOptions options() {
        Ranges.require(spec.commandLine(), "--threads", threads, 1, THREADS_MAX);
        Ranges.require(
                spec.commandLine(), "--max-connections", connectionsMax, 0, Integer.MAX_VALUE);
        for (Address target : targets) {
            if (!target.isTarget()) {
                throw new ParameterException(
                        spec.commandLine(), "--to: '" + target + "' does not say where to");
            }
        }
        if (connectTimeout.isZero()) {
            throw new ParameterException(
                    spec.commandLine(), "--connect-timeout must be longer than 0");
        }
        return new ProxyOptions(
                targets,
                connectTimeout.duration(),
                idleTimeout.isZero() ? null : idleTimeout.duration(),
                connectionsMax == 0 ? Integer.MAX_VALUE : connectionsMax,
                threads,
                drainTime.duration());
    }
}
