package io.zerocopy.bench;

import io.zerocopy.bench.mover.Peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The C program at the other end of what is moved. */
final class PeerProgram {
    /** Its file in the folder of the programs. */
    static final String NAME = "peer";

    static final String LOOPBACK_ADDRESS = "127.0.0.1";

    private PeerProgram() {}

    /**
     * Starts it. It ends with the workspace.
     *
     * @param prefix of its command, which decides about the network that it is in
     * @param address that it listens on there
     */
    static Peer start(Path programs, Workspace workspace, List<String> prefix, String address)
            throws BenchException {
        Path socket = workspace.socket();
        List<String> command = new ArrayList<>(prefix);
        command.add(programs.resolve(NAME).toAbsolutePath().toString());
        command.add(address);
        command.add(socket.toString());
        Child peer = new Child(NAME, workspace.start(command));
        return new Peer(address, Integer.parseInt(peer.await("listening")), socket);
    }
}
