/**
 * Proxies against each other: this library's engine, what Java has for that, HAProxy, and C. Each
 * is a process on the first core; what connects to them and what they connect to is on the last
 * one.
 */
package io.zerocopy.bench.relay;
