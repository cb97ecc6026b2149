package io.zerocopy.cli.proxy;

import io.zerocopy.Relay;
import io.zerocopy.RelayCounters;
import io.zerocopy.RelayEnd;
import io.zerocopy.RelayFlow;
import io.zerocopy.RelayResult;

import java.util.HashSet;
import java.util.Set;

/** What has become of all connections. Thread-safe. */
final class Books {
    private final Set<Relay> open = new HashSet<>();
    private long accepted;
    private long done;
    private long refused;
    private long failed;
    private long idle;
    private long cutOff;
    private long bytesToServers;
    private long bytesToClients;

    /**
     * The state at one moment.
     *
     * @param accepted how many clients have connected
     * @param open relays that are running
     * @param done relays that have come to their end
     * @param refused clients for whom no back end answered
     * @param failed connections that one of the peers has broken off
     * @param idle relays that moved nothing for too long
     * @param cutOff connections that were closed when the proxy was
     * @param bytesToServers delivered to back ends, by running relays too
     * @param bytesToClients delivered to clients
     */
    record Totals(
            long accepted,
            long open,
            long done,
            long refused,
            long failed,
            long idle,
            long cutOff,
            long bytesToServers,
            long bytesToClients) {}

    synchronized void accepted() {
        accepted++;
    }

    synchronized void refused() {
        refused++;
    }

    /** A connection that broke before it could be relayed. */
    synchronized void failed() {
        failed++;
    }

    /** One that was closed with the proxy, before it could be relayed. */
    synchronized void cutOff() {
        cutOff++;
    }

    /** The client is the relay's a. */
    synchronized void started(Relay relay) {
        open.add(relay);
    }

    synchronized void ended(Relay relay, RelayResult result) {
        open.remove(relay);
        bytesToServers += result.aToB().delivered();
        bytesToClients += result.bToA().delivered();
        if (has(result, RelayEnd.CLOSED)) {
            cutOff++;
        } else if (has(result, RelayEnd.IDLE_TIMEOUT)) {
            idle++;
        } else if (has(result, RelayEnd.SOURCE_FAILED) || has(result, RelayEnd.TARGET_FAILED)) {
            failed++;
        } else {
            done++;
        }
    }

    synchronized int openCount() {
        return open.size();
    }

    synchronized Totals totals() {
        long toServers = bytesToServers;
        long toClients = bytesToClients;
        for (Relay relay : open) {
            RelayCounters counters = relay.counters();
            toServers += counters.aToB();
            toClients += counters.bToA();
        }
        return new Totals(
                accepted, open.size(), done, refused, failed, idle, cutOff, toServers, toClients);
    }

    private static boolean has(RelayResult result, RelayEnd end) {
        RelayFlow up = result.aToB();
        return up.end() == end || result.bToA().end() == end;
    }
}
