package io.zerocopy.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A child process that answers each line with a line. It ends when its standard input ends. */
public final class Child implements AutoCloseable {
    /** The longest that any answer may take: the slowest burst takes a few seconds. */
    private static final int ANSWER_SECONDS_MAX = 120;

    private final String name;
    private final Process process;
    private final Writer commands;
    private final BlockingQueue<Optional<String>> answers = new LinkedBlockingQueue<>();

    /** The child that this process is; the name is for messages. */
    public Child(String name, Process process) {
        this.name = name;
        this.process = process;
        this.commands = process.outputWriter();
        Thread reader = new Thread(this::readAnswers, "answers of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    /** Says a line and returns the answer. */
    public String ask(String command) throws BenchException {
        try {
            commands.write(command + "\n");
            commands.flush();
        } catch (IOException e) {
            throw new BenchException(obituary(), e);
        }
        return next();
    }

    /** The next line that it says. */
    String next() throws BenchException {
        try {
            Optional<String> answer = answers.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
            if (answer == null) {
                throw new BenchException(
                        name + " has not answered for " + ANSWER_SECONDS_MAX + " s");
            }
            return answer.orElseThrow(() -> new BenchException(obituary()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    /** The next line that it says, which has to begin with {@code word}; without that word. */
    public String await(String word) throws BenchException {
        String answer = next();
        if (!answer.startsWith(word + " ")) {
            throw new BenchException(name + " said \"" + answer + "\" instead of " + word);
        }
        return answer.substring(word.length() + 1);
    }

    /** Lets it end by itself, which strace needs to write its log out. */
    boolean finish(int secondsMax) throws InterruptedException {
        try {
            commands.close();
        } catch (IOException e) {
            // It is gone already.
            return process.waitFor(secondsMax, TimeUnit.SECONDS);
        }
        return process.waitFor(secondsMax, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private void readAnswers() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                answers.add(Optional.of(line));
            }
        } catch (IOException e) {
            // Closed: the same as the end.
            answers.add(Optional.empty());
            return;
        }
        answers.add(Optional.empty());
    }

    private String obituary() {
        try {
            // Its output ends a moment before it does.
            if (process.waitFor(2, TimeUnit.SECONDS)) {
                return name
                        + " ended with status "
                        + process.exitValue()
                        + "; what it said is above";
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return name + " does not answer any more";
    }
}
