package io.zerocopy.internal.relay;

import io.zerocopy.Relay;
import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.internal.channel.SocketNumbers;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Objects;

/** Relays between sockets that Java knows by their descriptors only, as those of Netty's epoll. */
public final class DescriptorRelays {
    private static volatile Starter starter;

    private DescriptorRelays() {}

    /** The way into {@link RelayEngine}, which has no public method for descriptors. */
    @FunctionalInterface
    public interface Starter {
        /** See {@link DescriptorRelays#relay}. */
        Relay relay(RelayEngine engine, int a, int b, RelayOptions options) throws IOException;
    }

    /** Called by {@link RelayEngine} when it is initialized, so before there is an engine. */
    public static void setStarter(Starter starter) {
        DescriptorRelays.starter = starter;
    }

    /**
     * Joins two connected stream sockets. Both descriptors are duplicated, and the duplicates
     * belong to the relay; these stay the caller's, who must keep them open until this returns, and
     * must not move bytes by them from then on, nor shut anything down. The sockets are put into
     * non-blocking mode, which the caller's descriptors share.
     *
     * @param engine one that is open
     * @param fdA the descriptor of a connected TCP or UNIX socket
     * @param fdB that of another one
     * @param options what else to do
     * @return the relay, which has started
     * @throws UnsupportedOperationException without the native core
     * @throws IllegalStateException if the engine is closed
     * @throws IOException if a socket is not connected, or was reset, or no descriptor is left
     */
    public static Relay relay(RelayEngine engine, int fdA, int fdB, RelayOptions options)
            throws IOException {
        Objects.requireNonNull(engine, "engine");
        Objects.requireNonNull(options, "options");
        return starter.relay(engine, fdA, fdB, options);
    }

    /**
     * The descriptor of a channel that stays with its owner, for {@link #relay}. It is another
     * file's as soon as the channel is closed, which is the caller's to prevent.
     *
     * @param channel one of the JDK's own class
     * @return the number
     * @throws UnsupportedOperationException if it is of another class, or its class can't be looked
     *     into
     */
    public static int number(SocketChannel channel) {
        return SocketNumbers.of(channel);
    }
}
