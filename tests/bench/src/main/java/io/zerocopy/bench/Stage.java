package io.zerocopy.bench;

import io.zerocopy.bench.mover.Peer;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All processes that rows of one network are measured with: the JVMs, the anchor, the peer. */
final class Stage {
    private static final String VETH_SCRIPT = "veth-xdp";
    private static final String XDP_PROGRAM = "xdp_pass";

    private final List<Mover> virtualMachines;
    private final Mover anchor;

    private Stage(List<Mover> virtualMachines, Mover anchor) {
        this.virtualMachines = virtualMachines;
        this.anchor = anchor;
    }

    /** Nothing if this machine has no such network; then the setting has the rows skipped. */
    static Optional<Stage> start(
            TransferRow.Network network, List<TransferRow> rows, Setting setting)
            throws BenchException {
        String who = "row " + rows.stream().map(Row::word).collect(Collectors.joining(", "));
        return network == TransferRow.Network.LOOPBACK
                ? Optional.of(start(setting, List.of(), List.of(), PeerProgram.LOOPBACK_ADDRESS))
                : startOnVeth(who, setting);
    }

    List<Mover> virtualMachines() {
        return virtualMachines;
    }

    Mover anchor() {
        return anchor;
    }

    List<Mover> movers() {
        return Stream.concat(virtualMachines.stream(), Stream.of(anchor)).toList();
    }

    /** What has to be done before each transfer. */
    void prepare(Scenario scenario) throws BenchException {
        for (Path file : scenario.traits().evicted()) {
            anchor.evict(file);
        }
    }

    private static Optional<Stage> startOnVeth(String who, Setting setting) throws BenchException {
        Options options = setting.options();
        List<String> script =
                List.of(
                        options.rigs.resolve(VETH_SCRIPT).toString(),
                        options.programs.resolve(XDP_PROGRAM).toAbsolutePath().toString());
        Optional<List<String>> words = setting.startRig(who, script);
        if (words.isEmpty()) {
            return Optional.empty();
        }
        String ours = words.get().get(0);
        String theirs = words.get().get(1);
        return Optional.of(start(setting, in(ours), in(theirs), words.get().get(2)));
    }

    private static List<String> in(String namespace) {
        return List.of("ip", "netns", "exec", namespace);
    }

    private static Stage start(
            Setting setting, List<String> moverPrefix, List<String> peerPrefix, String address)
            throws BenchException {
        Options options = setting.options();
        Workspace workspace = setting.workspace();
        Peer peer = PeerProgram.start(options.programs, workspace, peerPrefix, address);
        List<Mover> virtualMachines = new ArrayList<>();
        for (Path java : options.javas) {
            List<String> command = joined(moverPrefix, Mover.ofJava(java, options, peer));
            virtualMachines.add(Mover.start(command, workspace));
        }
        List<String> command = joined(moverPrefix, Mover.ofNative(options, peer));
        return new Stage(virtualMachines, Mover.start(command, workspace));
    }

    private static List<String> joined(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
