/** The proxies that are written in Java, each in a process of its own, and nothing else in it. */
package io.zerocopy.bench.relay.proxy;
