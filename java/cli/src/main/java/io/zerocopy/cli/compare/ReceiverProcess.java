package io.zerocopy.cli.compare;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** The receiver in a JVM of its own, so that the sender's CPU time is the sender's alone. */
final class ReceiverProcess implements AutoCloseable {
    /** Name of the hidden subcommand, and the word before the port in its output. */
    static final String SUBCOMMAND = "compare-receiver";

    static final String LISTENING = "listening ";

    private static final int START_SECONDS_MAX = 60;

    private final Process process;
    private final int port;

    private ReceiverProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static ReceiverProcess start(Workspace workspace, Pinning pinning) throws ExperimentException {
        Process process;
        try {
            List<String> command = new ArrayList<>(pinning.receiverPrefix());
            command.addAll(ChildJvm.command(SUBCOMMAND));
            process =
                    workspace.start(
                            new ProcessBuilder(command)
                                    .redirectError(ProcessBuilder.Redirect.INHERIT));
        } catch (IOException failure) {
            throw new ExperimentException(
                    "cannot start the receiver: " + failure.getMessage(), failure);
        }
        String line = listeningLine(process);
        if (line == null) {
            Workspace.kill(process);
            throw new ExperimentException("the receiving process ended before it listened");
        }
        int port = Integer.parseInt(line.substring(LISTENING.length()).strip());
        return new ReceiverProcess(process, port);
    }

    InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    void kill() {
        Workspace.kill(process);
    }

    /** For the end of an error message: says that the receiver is gone, or nothing. */
    String obituary() {
        try {
            // The connection breaks a moment before the process is gone.
            if (process.waitFor(1, TimeUnit.SECONDS)) {
                return " (the receiving process ended with status " + process.exitValue() + ")";
            }
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
        }
        return "";
    }

    @Override
    public void close() {
        kill();
    }

    /** Skips what a JVM may print before, such as the findings of -Xcheck:jni. */
    private static String listeningLine(Process process) throws ExperimentException {
        Stream<String> output = process.inputReader().lines();
        CompletableFuture<String> listening =
                CompletableFuture.supplyAsync(
                        () ->
                                output.filter(line -> line.startsWith(LISTENING))
                                        .findFirst()
                                        .orElse(null));
        try {
            return listening.get(START_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException failure) {
            Workspace.kill(process);
            throw new ExperimentException(
                    "the receiving process did not start: " + failure, failure);
        }
    }
}
