package io.zerocopy.sender;

import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.VethNetwork;
import io.zerocopy.sender.UncopiedProgram.Trial;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.util.List;

/**
 * Goal: where the kernel can send without a copy it does and says so, and what is written to memory
 * after its completion, or after a close with bytes in flight, is never what the peer gets.
 *
 * <p>Method: one JVM on each side of a network that does not copy, which only root can make; memory
 * is overwritten as soon as it may be. Each over IPv4 and over IPv6.
 */
@ExtendWith(LeakCounter.class)
class UncopiedSenderTest {
    /** More than a message of 32 KiB needs, and less than one of 256 KiB. */
    private static final int LOCKED_BYTES_MAX = 64 << 10;

    /** Over before the peer reads. */
    private static final int LINGER_MILLIS = 200;

    private static VethNetwork network;

    @BeforeAll
    static void openNetwork() throws IOException {
        network = VethNetwork.open();
    }

    @AfterAll
    static void closeNetwork() throws IOException {
        if (network != null) {
            network.close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overwrittenMemoryOfAStreamIsNotSeen(boolean six) throws Exception {
        runTrial(Trial.STREAM, six, List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overwrittenMemoryOfDatagramsIsNotSeen(boolean six) throws Exception {
        runTrial(Trial.DATAGRAMS, six, List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overwrittenMemoryOfSegmentsIsNotSeen(boolean six) throws Exception {
        runTrial(Trial.SEGMENTS, six, List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void bufferOfAClosedSenderIsNotSeen(boolean six) throws Exception {
        runTrial(Trial.CLOSED_SENDER, six, List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void buffersOfAClosedChannelAreNotSeen(boolean six) throws Exception {
        runTrial(Trial.CLOSED_CHANNEL, six, List.of());
    }

    /** Method: without the right to lock as much as it likes, which root has. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void littleMemoryToLockMeansACopyThatSaysSo(boolean six) throws Exception {
        runTrial(
                Trial.LITTLE_MEMORY,
                six,
                List.of(
                        "prlimit",
                        "--memlock=" + LOCKED_BYTES_MAX,
                        "setpriv",
                        "--bounding-set=-ipc_lock"));
    }

    private static void runTrial(Trial trial, boolean six, List<String> limits) throws Exception {
        String address = network.address(six);
        ChildJvm receiver = ChildJvm.of(PatternPeer.class).likeThisOne().argument(address);
        try (ChildJvm.Running peer = receiver.under(network.inReceivers()).start()) {
            ChildJvm program = ChildJvm.of(UncopiedProgram.class).likeThisOne();
            if (trial == Trial.CLOSED_CHANNEL) {
                program.property("io.zerocopy.sender.lingerMillis", LINGER_MILLIS);
            }
            program.argument(trial, address, peer.awaitValue("port"))
                    .under(network.inSenders())
                    .under(limits)
                    .runSilently();
            peer.awaitSuccess();
        }
    }
}
