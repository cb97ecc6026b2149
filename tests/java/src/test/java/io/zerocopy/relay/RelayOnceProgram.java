package io.zerocopy.relay;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayResult;

/** Relays once each way, and says how. */
public final class RelayOnceProgram {
    private static final long BYTES = 3_000_000;

    private RelayOnceProgram() {}

    public static void main(String[] arguments) throws Exception {
        try (RelayedPair pair = RelayedPair.tcp()) {
            Relay relay = pair.relay(RelayEngine.shared());
            pair.exchange(BYTES, BYTES);
            RelayResult result = RelayedPair.resultOf(relay);
            System.out.println("delivered=" + result.aToB().delivered());
            System.out.println("mechanisms=" + result.aToB().mechanisms());
            System.out.println("fallbacks=" + result.aToB().fallbacks());
            System.out.println("end=" + result.aToB().end());
        }
    }
}
