package io.zerocopy.bench.relay.proxy;

import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;

import java.io.IOException;

/** This library. Nothing here knows of a relay once it has been started. */
final class EngineProxy {
    private static final int THREADS = 1;

    private EngineProxy() {}

    static Proxy open() throws IOException {
        RelayEngine engine = RelayEngine.open(THREADS);
        RelayOptions options = RelayOptions.defaults();
        return new AcceptingProxy((client, server) -> engine.relay(client, server, options));
    }
}
