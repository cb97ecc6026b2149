package io.zerocopy.bench.relay.proxy;

import java.io.IOException;
import java.net.InetSocketAddress;

/** Connects what comes to a backend, and moves bytes both ways until both have ended. */
interface Proxy {
    /** How many connections may wait to be accepted. */
    int BACKLOG = 1024;

    /** Listens until the process ends; returns the port. */
    int listen(InetSocketAddress local, InetSocketAddress backend) throws IOException;
}
