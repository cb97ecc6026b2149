package io.zerocopy.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What rows work with: the options, the folder, and where to say what this machine can't do. */
public final class Setting {
    private final Options options;
    private final Workspace workspace;
    private final List<String> skipped = new ArrayList<>();

    /** Nothing is skipped yet. */
    public Setting(Options options, Workspace workspace) {
        this.options = options;
        this.workspace = workspace;
    }

    public Options options() {
        return options;
    }

    public Workspace workspace() {
        return workspace;
    }

    /** Says that something can't be measured here. */
    public void skip(String what, String reason) {
        skipped.add(what + ": " + reason);
        System.err.println("skipped " + what + ": " + reason);
    }

    /** What was skipped, each with its reason. */
    public List<String> skipped() {
        return List.copyOf(skipped);
    }

    /**
     * Starts a script of tests/rig, which prints "ready" and what there is to know, or "skip" and
     * why this machine can't. What it made goes away with the workspace.
     *
     * @return the words behind "ready"; nothing if {@code what} is skipped
     */
    Optional<List<String>> startRig(String what, List<String> command) throws BenchException {
        String[] answer = workspace.startRig(command).split(" ", 2);
        String words = answer.length == 2 ? answer[1] : "";
        if (answer[0].equals("skip")) {
            skip(what, words);
            return Optional.empty();
        }
        if (!answer[0].equals("ready")) {
            throw new BenchException(command.get(0) + " said " + String.join(" ", answer));
        }
        return Optional.of(List.of(words.split(" ")));
    }
}
