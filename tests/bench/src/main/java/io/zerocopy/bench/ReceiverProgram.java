package io.zerocopy.bench;

import java.nio.file.Path;
import java.util.List;

/** The C program that takes what is sent. */
final class ReceiverProgram {
    /** Its file in the folder of the programs. */
    static final String NAME = "receiver";

    private ReceiverProgram() {}

    /** Starts it, and returns its port. It ends with the workspace. */
    static int start(Path programs, Workspace workspace) throws BenchException {
        Path program = programs.resolve(NAME).toAbsolutePath();
        Child receiver = new Child(NAME, workspace.start(List.of(program.toString())));
        return Integer.parseInt(receiver.await("listening"));
    }
}
