package io.zerocopy.cli.proxy;

import io.zerocopy.cli.address.Address;

import java.time.Duration;
import java.util.List;

/**
 * What a proxy is to do.
 *
 * @param targets where to connect to, in the order in which to try them
 * @param connectTimeout how long each address may take to answer
 * @param idleTimeout how long a connection may move nothing; null for ever
 * @param connectionsMax how many connections there may be at once
 * @param threads how many threads move bytes
 * @param drainTime how long those that are there may go on when it is stopped
 */
public record ProxyOptions(
        List<Address> targets,
        Duration connectTimeout,
        Duration idleTimeout,
        int connectionsMax,
        int threads,
        Duration drainTime) {}
