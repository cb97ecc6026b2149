package io.zerocopy.cli.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The receiver in a JVM of its own, so that the sender's CPU time is the sender's alone. */
final class ReceiverProcess implements AutoCloseable {
    /** Name of the hidden subcommand, and the word before the port in its first line. */
    static final String SUBCOMMAND = "receive";
    static final String LISTENING = "listening ";

    private static final int START_SECONDS_MAX = 60;

    private final Process process;
    private final int port;

    private ReceiverProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    static ReceiverProcess start(Workspace workspace) throws ExperimentException {
        Process process;
        try {
            process = workspace.start(new ProcessBuilder(ChildJvm.command(SUBCOMMAND))
                    .redirectError(ProcessBuilder.Redirect.INHERIT));
        } catch (IOException failure) {
            throw new ExperimentException(
                    "cannot start the receiver: " + failure.getMessage(), failure);
        }
        String firstLine = firstLine(process);
        if (firstLine == null || !firstLine.startsWith(LISTENING)) {
            Workspace.kill(process);
            throw new ExperimentException(
                    "the receiving process did not start; its first line was: " + firstLine);
        }
        int port = Integer.parseInt(firstLine.substring(LISTENING.length()).strip());
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

    private static String firstLine(Process process) throws ExperimentException {
        BufferedReader output = process.inputReader();
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
            try {
                return output.readLine();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        });
        try {
            return line.get(START_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException failure) {
            Workspace.kill(process);
            throw new ExperimentException("the receiver did not start: " + failure, failure);
        }
    }
}
