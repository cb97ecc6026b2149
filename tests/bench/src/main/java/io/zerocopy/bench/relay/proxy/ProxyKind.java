package io.zerocopy.bench.relay.proxy;

import java.io.IOException;
import java.util.Locale;

/** The ways to write a proxy in Java. */
public enum ProxyKind {
    /** This library. */
    ENGINE("RelayEngine, 1 thread", EngineProxy::open),
    /** The plain one: who needs speed gives each direction a thread. */
    THREADS("Java threads, direct 256 KiB", () -> new AcceptingProxy(ThreadRelays::start)),
    /** One thread for all, with what the JDK has for that. */
    SELECTOR("JDK selector, 64 KiB", () -> new AcceptingProxy(SelectorRelays.open()::start)),
    /** Netty as most use it. */
    NETTY_COPY("Netty epoll, copying", () -> new NettyProxy(NettyProxy::copy)),
    /** Netty as it was once meant for this, and as it is no more. */
    NETTY_SPLICE("Netty epoll, spliceTo", () -> new NettyProxy(NettyProxy::splice));

    private final String title;
    private final Opening opening;

    ProxyKind(String title, Opening opening) {
        this.title = title;
        this.opening = opening;
    }

    private interface Opening {
        Proxy open() throws IOException;
    }

    /** The name in reports. */
    public String title() {
        return title;
    }

    /** The name in commands. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The kind with this {@link #word}. */
    static ProxyKind of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    Proxy open() throws IOException {
        return opening.open();
    }
}
