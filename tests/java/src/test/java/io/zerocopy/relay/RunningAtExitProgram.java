package io.zerocopy.relay;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.fixture.Await;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Ends while relays run, some of which move bytes all the time. */
public final class RunningAtExitProgram {
    private static final int RELAYS = 20;

    private RunningAtExitProgram() {}

    public static void main(String[] arguments) throws Exception {
        RelayEngine own = RelayEngine.open(2);
        List<RelayedPair> pairs = new ArrayList<>();
        for (int index = 0; index < RELAYS; index++) {
            RelayedPair pair = RelayedPair.tcp();
            pairs.add(pair);
            RelayEngine engine = index % 2 == 0 ? own : RelayEngine.shared();
            Relay relay = pair.relay(engine, RelayOptions.defaults());
            inBackground(() -> pair.peerOfA().write(ByteBuffer.allocate(1 << 20)));
            inBackground(() -> pair.peerOfB().read(ByteBuffer.allocate(1 << 20)));
            ByteBuffer first = ByteBuffer.allocate(1);
            pair.peerOfA().write(first);
            Await.until("it moves", () -> relay.counters().aToB() > 0);
        }
        System.out.println("running=" + (own.relayCount() + RelayEngine.shared().relayCount()));
        if (arguments[0].equals("exit")) {
            System.exit(0);
        }
    }

    private interface Move {
        int run() throws Exception;
    }

    private static void inBackground(Move move) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                while (move.run() >= 0) {}
                            } catch (Exception e) {
                                // The program has ended under it.
                            }
                        });
        thread.setDaemon(true);
        thread.start();
    }
}
