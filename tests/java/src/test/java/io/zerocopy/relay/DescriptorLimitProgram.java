package io.zerocopy.relay;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Relays where no descriptor is left, then where one is, and then where there are enough. */
public final class DescriptorLimitProgram {
    private DescriptorLimitProgram() {}

    public static void main(String[] arguments) throws Exception {
        try (RelayEngine engine = RelayEngine.open(1);
                RelayedPair warmUp = RelayedPair.tcp();
                RelayedPair pair = RelayedPair.tcp()) {
            Relay first = warmUp.relay(engine);
            warmUp.exchange(1, 1);
            RelayedPair.resultOf(first);
            List<Closeable> hoard = hoard();
            for (int left = 0; left < 2; left++) {
                try {
                    pair.relay(engine);
                    System.out.println("started=" + left);
                } catch (IOException e) {
                    System.out.println("message." + left + "=" + e.getMessage());
                }
                works("a." + left, pair.a(), pair.peerOfA());
                works("b." + left, pair.b(), pair.peerOfB());
                hoard.remove(0).close();
            }
            System.out.println("count=" + engine.relayCount());
            Relay relay = pair.relay(engine);
            for (Closeable one : hoard) {
                one.close();
            }
            pair.exchange(1_000_000, 1_000_000);
            System.out.println("delivered=" + RelayedPair.resultOf(relay).aToB().delivered());
        }
    }

    private static void works(String name, SocketChannel channel, SocketChannel peer)
            throws Exception {
        RelayedPair.say(channel, "ping");
        System.out.println(name + "=" + RelayedPair.hear(peer, 4));
    }

    private static List<Closeable> hoard() throws IOException {
        List<Closeable> hoard = new ArrayList<>();
        try {
            // Ends with the limit on descriptors.
            while (true) {
                hoard.add(FileChannel.open(Path.of("/dev/null")));
            }
        } catch (IOException e) {
            return hoard;
        }
    }
}
