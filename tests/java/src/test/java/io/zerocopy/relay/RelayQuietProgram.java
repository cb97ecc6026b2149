package io.zerocopy.relay;

import io.zerocopy.RelayEngine;
import io.zerocopy.RelayOptions;
import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.Connection;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Has relays that wait in every way there is, and does nothing for a while: between two looks for
 * files that are not there, which show in the log of its system calls.
 */
final class RelayQuietProgram {
    static final String BEGIN = "the-quiet-begins";
    static final String END = "the-quiet-ends";

    private static final int RELAYS_OF_A_KIND = 20;
    private static final Duration QUIET = Duration.ofSeconds(2);
    private static final Duration SETTLED = Duration.ofMillis(600);

    private final List<Joined> joined = new ArrayList<>();

    private RelayQuietProgram() {}

    public static void main(String[] args) throws Exception {
        try (RelayEngine engine = RelayEngine.open(1)) {
            new RelayQuietProgram().run(engine);
        }
    }

    private void run(RelayEngine engine) throws Exception {
        for (int number = 0; number < RELAYS_OF_A_KIND; number++) {
            for (Connection.Kind kind : List.of(Connection.Kind.TCP, Connection.Kind.UNIX)) {
                // Nothing was said.
                join(engine, kind);
                // One side has ended, and the other one is silent for ever.
                join(engine, kind).client().shutdownOutput();
                // Nobody reads, so that bytes are on their way.
                fill(join(engine, kind).client());
                // The same, and the sender has gone.
                SocketChannel gone = join(engine, kind).client();
                fill(gone);
                gone.shutdownOutput();
            }
        }
        Await.until("the relays stand still", this::standStill);
        Files.exists(Path.of(BEGIN));
        Thread.sleep(QUIET.toMillis());
        Files.exists(Path.of(END));
        if (engine.relayCount() != joined.size()) {
            throw new AssertionError(engine.relayCount() + " of " + joined.size() + " are left");
        }
        for (Joined each : joined) {
            each.close();
        }
    }

    private Joined join(RelayEngine engine, Connection.Kind kind) throws Exception {
        RelayOptions patient = RelayOptions.defaults().withIdleTimeout(Duration.ofMinutes(10));
        Joined each = Joined.by(engine, kind, kind, patient);
        joined.add(each);
        return each;
    }

    /** Sends until nothing is taken any more. */
    private static void fill(SocketChannel channel) throws Exception {
        channel.configureBlocking(false);
        ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
        int[] refused = {0};
        Await.until(
                "nothing is taken",
                () -> {
                    refused[0] = channel.write(zeros.clear()) == 0 ? refused[0] + 1 : 0;
                    return refused[0] > 20;
                });
    }

    private boolean standStill() throws InterruptedException {
        long before = delivered();
        Thread.sleep(SETTLED.toMillis());
        return before == delivered();
    }

    private long delivered() {
        return joined.stream().mapToLong(each -> each.relay().counters().aToB()).sum();
    }
}
