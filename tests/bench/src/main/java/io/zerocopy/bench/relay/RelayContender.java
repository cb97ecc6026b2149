package io.zerocopy.bench.relay;

import io.zerocopy.bench.relay.proxy.ProxyKind;

import java.util.List;
import java.util.Optional;

/** All proxies that are compared. */
enum RelayContender {
    ENGINE(ProxyKind.ENGINE),
    THREADS(ProxyKind.THREADS),
    SELECTOR(ProxyKind.SELECTOR),
    NETTY_COPY(ProxyKind.NETTY_COPY),
    NETTY_SPLICE(ProxyKind.NETTY_SPLICE),
    HAPROXY_AUTO("HAProxy, splice-auto"),
    HAPROXY_BEST("HAProxy, at its best"),
    SPLICE("C: epoll and splice");

    static final List<RelayContender> ALL = List.of(values());

    private final String title;
    private final ProxyKind javaKind;

    RelayContender(ProxyKind javaKind) {
        this.title = javaKind.title();
        this.javaKind = javaKind;
    }

    RelayContender(String title) {
        this.title = title;
        this.javaKind = null;
    }

    Figures.Subject subject() {
        return new Figures.Subject(title, this == ENGINE, javaKind == null);
    }

    /** Which of the proxies in Java, if it is one. */
    Optional<ProxyKind> javaKind() {
        return Optional.ofNullable(javaKind);
    }
}
