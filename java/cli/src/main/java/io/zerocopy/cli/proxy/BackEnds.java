package io.zerocopy.cli.proxy;

import io.zerocopy.cli.address.Address;
import io.zerocopy.cli.terminal.CommandException;

import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The addresses behind the proxy, in the order in which to try them: as they were given, but what
 * has just failed comes last, so that not every client waits for a host that is down.
 *
 * <p>Names are looked up again in a thread of their own, since that can take long; until it is done
 * the old addresses serve. All methods belong to one thread.
 */
final class BackEnds {
    /** For so long an address that has failed is tried last. */
    private static final long AVOIDED_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** The JDK remembers names for longer than this; it answers from there at no cost. */
    private static final long NAMES_LAST_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final List<Address> targets;
    private final List<List<SocketAddress>> resolved = new ArrayList<>();
    private final Map<SocketAddress, Long> failedNanos = new HashMap<>();
    private final boolean hasNames;
    private long resolvedNanos = System.nanoTime();
    private boolean isLookingUp;

    /** Looks up all names, and fails for one that is not known. */
    BackEnds(List<Address> targets) throws CommandException {
        this.targets = List.copyOf(targets);
        this.hasNames = targets.stream().anyMatch(Address::isName);
        for (Address target : targets) {
            try {
                resolved.add(target.resolve());
            } catch (UnknownHostException unknown) {
                throw new CommandException("there is no host '" + target.host() + "'", unknown);
            }
        }
    }

    /** All of them, for one client; at least one. */
    List<SocketAddress> inOrder() {
        long now = System.nanoTime();
        lookUpIfOld(now);
        failedNanos.values().removeIf(failed -> now - failed > AVOIDED_NANOS);
        List<SocketAddress> good = new ArrayList<>();
        List<SocketAddress> failed = new ArrayList<>();
        for (List<SocketAddress> addresses : snapshot()) {
            for (SocketAddress address : addresses) {
                (failedNanos.containsKey(address) ? failed : good).add(address);
            }
        }
        good.addAll(failed);
        return good;
    }

    /** Notes that it was tried in vain. */
    void failed(SocketAddress address) {
        failedNanos.put(address, System.nanoTime());
    }

    /** Notes that it has answered. */
    void answered(SocketAddress address) {
        failedNanos.remove(address);
    }

    private synchronized List<List<SocketAddress>> snapshot() {
        return List.copyOf(resolved);
    }

    private synchronized void lookUpIfOld(long now) {
        if (!hasNames || isLookingUp || now - resolvedNanos < NAMES_LAST_NANOS) {
            return;
        }
        isLookingUp = true;
        Thread thread = new Thread(this::lookUp, "names");
        thread.setDaemon(true);
        thread.start();
    }

    private void lookUp() {
        for (int index = 0; index < targets.size(); index++) {
            try {
                List<SocketAddress> addresses = targets.get(index).resolve();
                synchronized (this) {
                    resolved.set(index, addresses);
                }
            } catch (UnknownHostException nobodyAnswers) {
                // What the name stood for before is the best guess.
                continue;
            }
        }
        synchronized (this) {
            resolvedNanos = System.nanoTime();
            isLookingUp = false;
        }
    }
}
