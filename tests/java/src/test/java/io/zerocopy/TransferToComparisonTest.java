package io.zerocopy;

import static io.zerocopy.fixture.SendingStage.scenario;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.LimitedTarget;
import io.zerocopy.fixture.Scenario;
import io.zerocopy.fixture.SendingStage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Goal: {@code transferTo} between channels of all classes and in all states answers as the newest
 * JDK's. Method: see {@link ComparisonTest}.
 */
class TransferToComparisonTest extends ComparisonTest<SendingStage> {
    TransferToComparisonTest() {
        super(SendingStage::byLibrary, SendingStage::byJdk);
    }

    static Stream<Scenario<SendingStage>> scenarios() {
        return Stream.of(
                        files(),
                        sockets(),
                        endedConnections(),
                        fullConnections(),
                        interrupts(),
                        foreignChannels(),
                        procfs())
                .flatMap(scenarios -> scenarios);
    }

    private static Stream<Scenario<SendingStage>> files() {
        return Stream.of(
                scenario(
                        "to a file",
                        "20000 | open 0 | open 20000 | 20000 B f52d56f8",
                        stage -> stage.source().toFile(WRITE)),
                scenario(
                        "to a file at its position",
                        "50 | open 0 | open 55 | 55 B 23844960",
                        stage -> {
                            stage.source().toFile(WRITE).position(100).count(50);
                            ((FileChannel) stage.target).position(5);
                        }),
                scenario(
                        "to a file past its end",
                        "50 | open 0 | open 150 | 150 B 86bc18f0",
                        stage -> {
                            stage.source().toFile(WRITE).count(50);
                            ((FileChannel) stage.target).position(100);
                        }),
                scenario(
                        "to a file opened for appending",
                        "20000 | open 0 | open 20010 | 20010 B 5f0d5ace",
                        stage -> stage.source().toFile(APPEND)),
                scenario(
                        "to a file opened for appending, count 0",
                        "0 | open 0 | open 10 | 10 B 6c271d0f",
                        stage -> stage.source().toFile(APPEND).count(0)),
                scenario(
                        "to a file opened for appending, not at its end",
                        "7 | open 0 | open 17 | 17 B 98ac1708",
                        stage -> {
                            stage.source().toFile(APPEND).count(7);
                            ((FileChannel) stage.target).position(3);
                        }),
                scenario(
                        "a file to itself",
                        "300 | open 900 | open 900 | 1000 B d47fc90c",
                        stage -> {
                            Path path = stage.newFile(1000);
                            stage.source(FileChannel.open(path, READ, WRITE)).to(stage.source);
                            stage.targetFile(path);
                            stage.source.position(600);
                            stage.position(100).count(300);
                        }),
                scenario(
                        "a file to itself through another channel",
                        "300 | open 0 | open 900 | 1000 B d47fc90c",
                        stage -> {
                            Path path = stage.newFile(1000);
                            stage.source(FileChannel.open(path, READ))
                                    .to(FileChannel.open(path, WRITE).position(600));
                            stage.targetFile(path);
                            stage.position(100).count(300);
                        }));
    }

    private static Stream<Scenario<SendingStage>> sockets() {
        return Stream.of(
                scenario(
                        "to a socket",
                        "20000 | open 0 | open | 20000 B f52d56f8",
                        stage -> stage.source().to(Kind.TCP)),
                scenario(
                        "to a UNIX socket",
                        "20000 | open 0 | open | 20000 B f52d56f8",
                        stage -> stage.source().to(Kind.UNIX)),
                scenario(
                        "to a pipe",
                        "20000 | open 0 | open | 20000 B f52d56f8",
                        stage -> stage.source().to(Kind.PIPE)),
                scenario(
                        "unconnected socket",
                        "NotYetConnected | open 0 | open",
                        stage -> stage.source().to(SocketChannel.open())),
                scenario(
                        "unconnected UNIX socket",
                        "NotYetConnected | open 0 | open",
                        stage ->
                                stage.source().to(SocketChannel.open(StandardProtocolFamily.UNIX))),
                scenario(
                        "unconnected socket in non-blocking mode",
                        "NotYetConnected | open 0 | open non-blocking",
                        stage -> {
                            SocketChannel socket = SocketChannel.open();
                            socket.configureBlocking(false);
                            stage.source().to(socket);
                        }),
                scenario(
                        "unconnected socket, count 0",
                        "NotYetConnected | open 0 | open",
                        stage -> stage.source().to(SocketChannel.open()).count(0)),
                scenario(
                        "unconnected socket, empty file",
                        "0 | open 0 | open",
                        stage -> stage.source(0).to(SocketChannel.open())),
                scenario(
                        "unconnected socket, position at the end",
                        "NotYetConnected | open 0 | open",
                        stage ->
                                stage.source()
                                        .to(SocketChannel.open())
                                        .position(SendingStage.SOURCE_BYTES)),
                scenario(
                        "unconnected socket, position past the end",
                        "0 | open 0 | open",
                        stage ->
                                stage.source()
                                        .to(SocketChannel.open())
                                        .position(SendingStage.SOURCE_BYTES + 1)),
                scenario(
                        "unconnected datagram socket",
                        "NotYetConnected | open 0 | open",
                        stage -> stage.source().to(DatagramChannel.open())));
    }

    private static Stream<Scenario<SendingStage>> endedConnections() {
        return Stream.of(
                scenario(
                        "output shut down",
                        "AsynchronousClose + ClosedChannel | open 0 | open | 0 B",
                        stage -> {
                            stage.source().to(Kind.TCP);
                            stage.connection().socket().shutdownOutput();
                        }),
                scenario(
                        "output shut down, in non-blocking mode",
                        "AsynchronousClose + ClosedChannel | open 0 | open non-blocking",
                        stage -> {
                            stage.source().to(Kind.TCP);
                            stage.connection().socket().shutdownOutput();
                            stage.connection().configureBlocking(false);
                        }),
                scenario(
                        "output shut down, count 0",
                        "AsynchronousClose + ClosedChannel | open 0 | open | 0 B",
                        stage -> {
                            stage.source().to(Kind.TCP).count(0);
                            stage.connection().socket().shutdownOutput();
                        }),
                scenario(
                        "output shut down, position past the end",
                        "0 | open 0 | open | 0 B",
                        stage -> {
                            stage.source().to(Kind.TCP).position(SendingStage.SOURCE_BYTES + 1);
                            stage.connection().socket().shutdownOutput();
                        }),
                scenario(
                        "peer closed",
                        "4000 | open 0 | open",
                        stage -> {
                            stage.source(4000).to(Kind.TCP);
                            stage.connection().peer().close();
                            stage.connection().awaitReadable();
                        }),
                scenario(
                        "UNIX peer closed",
                        "IO(Broken pipe) | open 0 | open",
                        stage -> {
                            stage.source().to(Kind.UNIX);
                            stage.connection().peer().close();
                        }),
                scenario(
                        "pipe closed by its reader",
                        "IO(Broken pipe) | open 0 | open",
                        stage -> {
                            stage.source().to(Kind.PIPE);
                            stage.connection().peer().close();
                        }),
                scenario(
                        "connection reset by the peer",
                        "IO(Connection reset by peer) | open 0 | open",
                        stage -> {
                            stage.source().to(Kind.TCP);
                            stage.connection().resetByPeer();
                        }),
                scenario(
                        "connection reset by the peer, small file",
                        "IO(Connection reset by peer) | open 0 | open",
                        stage -> {
                            stage.source(100).to(Kind.TCP);
                            stage.connection().resetByPeer();
                        }));
    }

    private static Stream<Scenario<SendingStage>> fullConnections() {
        return Stream.of(
                scenario(
                        "full socket in non-blocking mode",
                        "0 | open 0 | open non-blocking",
                        stage -> fillNonBlocking(stage.source().to(Kind.TCP))),
                scenario(
                        "full socket in non-blocking mode, small file",
                        "0 | open 0 | open non-blocking",
                        stage -> fillNonBlocking(stage.source(100).to(Kind.TCP))),
                scenario(
                        "full UNIX socket in non-blocking mode",
                        "0 | open 0 | open non-blocking",
                        stage -> fillNonBlocking(stage.source().to(Kind.UNIX))),
                scenario(
                        "full pipe in non-blocking mode",
                        "0 | open 0 | open non-blocking",
                        stage -> fillNonBlocking(stage.source().to(Kind.PIPE))),
                scenario(
                        "one datagram",
                        "20000 | open 0 | open",
                        stage -> {
                            DatagramChannel socket = DatagramChannel.open();
                            InetAddress here = InetAddress.getLoopbackAddress();
                            DatagramChannel peer = stage.closing(DatagramChannel.open());
                            peer.bind(new InetSocketAddress(here, 0));
                            stage.source().to(socket.connect(peer.getLocalAddress()));
                        }));
    }

    private static Stream<Scenario<SendingStage>> interrupts() {
        return Stream.of(
                        scenario(
                                "socket",
                                "ClosedByInterrupt, interrupted | closed | closed | 0 B",
                                stage -> stage.source().to(Kind.TCP)),
                        scenario(
                                "UNIX socket",
                                "ClosedByInterrupt, interrupted | closed | closed | 0 B",
                                stage -> stage.source().to(Kind.UNIX)),
                        scenario(
                                "pipe",
                                "ClosedByInterrupt, interrupted | closed | closed | 0 B",
                                stage -> stage.source().to(Kind.PIPE)),
                        scenario(
                                "file",
                                "ClosedByInterrupt, interrupted | closed | closed | 10 B 6c271d0f",
                                stage -> stage.source().toFile(WRITE)),
                        scenario(
                                "append",
                                "ClosedByInterrupt, interrupted | closed | closed | 10 B 6c271d0f",
                                stage -> stage.source().toFile(APPEND)),
                        scenario(
                                "socket, count 0",
                                "ClosedByInterrupt, interrupted | closed | closed | 0 B",
                                stage -> stage.source().to(Kind.TCP).count(0)),
                        scenario(
                                "file, count 0",
                                "ClosedByInterrupt, interrupted | closed | closed | 10 B 6c271d0f",
                                stage -> stage.source().toFile(WRITE).count(0)),
                        scenario(
                                "socket, position past the end",
                                "ClosedByInterrupt, interrupted | closed | closed | 0 B",
                                stage ->
                                        stage.source()
                                                .to(Kind.TCP)
                                                .position(SendingStage.SOURCE_BYTES + 1)),
                        scenario(
                                "socket in non-blocking mode",
                                "ClosedByInterrupt, interrupted | closed | closed",
                                stage -> {
                                    stage.source().to(Kind.TCP);
                                    stage.connection().configureBlocking(false);
                                }),
                        scenario(
                                "custom channel",
                                "ClosedByInterrupt, interrupted | closed | closed",
                                stage -> stage.source().to(new LimitedTarget(10, 10))),
                        scenario(
                                "negative count",
                                "IllegalArgument, interrupted | open 0 | open | 0 B",
                                stage -> stage.source().to(Kind.TCP).count(-1)),
                        scenario(
                                "unconnected socket",
                                "ClosedByInterrupt, interrupted | closed | closed",
                                stage -> stage.source().to(SocketChannel.open())))
                .map(Scenario::interruptedBefore);
    }

    private static Stream<Scenario<SendingStage>> foreignChannels() {
        return Stream.of(
                scenario(
                        "custom channel",
                        "20000 | open 0 | open",
                        stage ->
                                stage.source()
                                        .to(
                                                new LimitedTarget(
                                                        Integer.MAX_VALUE, Integer.MAX_VALUE))),
                scenario(
                        "custom channel that writes less than asked",
                        "5000 | open 0 | open",
                        stage -> stage.source().to(new LimitedTarget(5000, Integer.MAX_VALUE))),
                scenario(
                        "custom channel that writes nothing",
                        "0 | open 0 | open",
                        stage -> stage.source().to(new LimitedTarget(0, Integer.MAX_VALUE))),
                scenario(
                        "custom channel that throws at once",
                        "IO(full) | open 0 | open",
                        stage -> stage.source().to(new LimitedTarget(10_000, 0))),
                scenario(
                        "custom channel that throws what it should not",
                        "IllegalState(broken) | open 0 | open",
                        stage -> stage.source().to(new LimitedTarget(-1, 10))));
    }

    private static Stream<Scenario<SendingStage>> procfs() {
        return Stream.of(
                scenario(
                        "file without a size, count 0",
                        "0 | open 0 | open | 0 B",
                        stage ->
                                stage.source(FileChannel.open(Path.of("/proc/version")))
                                        .to(Kind.TCP)
                                        .count(0)),
                scenario(
                        "file without a size, count 5",
                        "5 | open 0 | open | 5 B 53d0684b",
                        stage ->
                                stage.source(FileChannel.open(Path.of("/proc/version")))
                                        .to(Kind.TCP)
                                        .count(5)),
                scenario(
                        "file without a size, to a file",
                        "5 | open 0 | open 5 | 10 B a78de15",
                        stage ->
                                stage.source(FileChannel.open(Path.of("/proc/version")))
                                        .toFile(WRITE)
                                        .count(5)),
                scenario(
                        "file that can't be read at 0",
                        "IO(Input/output error) | open 0 | open | 0 B",
                        stage ->
                                stage.source(FileChannel.open(Path.of("/proc/self/mem")))
                                        .to(Kind.TCP)
                                        .count(5)));
    }

    private static void fillNonBlocking(SendingStage stage) throws IOException {
        stage.connection().configureBlocking(false);
        stage.connection().fill();
    }
}
