package io.zerocopy;

import static io.zerocopy.fixture.SendingStage.scenario;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import io.zerocopy.fixture.Connection.Kind;
import io.zerocopy.fixture.LimitedTarget;
import io.zerocopy.fixture.Scenario;
import io.zerocopy.fixture.SendingStage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.stream.Stream;

/**
 * Goal: what {@code transferTo} checks before it moves a byte it checks in the order of the newest
 * JDK's, with its exceptions. Method: see {@link ComparisonTest}.
 */
class TransferToChecksComparisonTest extends ComparisonTest<SendingStage> {
    TransferToChecksComparisonTest() {
        super(SendingStage::byLibrary, SendingStage::byJdk);
    }

    static Stream<Scenario<SendingStage>> scenarios() {
        return Stream.of(closedAndNull(), modes(), arguments(), nothingToSend())
                .flatMap(scenarios -> scenarios);
    }

    private static Stream<Scenario<SendingStage>> closedAndNull() {
        return Stream.of(
                scenario(
                        "closed source",
                        "ClosedChannel | closed | open | 0 B",
                        stage -> {
                            stage.source().to(Kind.TCP);
                            stage.source.close();
                        }),
                scenario(
                        "closed source wins over null target",
                        "ClosedChannel | closed | null",
                        stage -> {
                            stage.source().position(-1);
                            stage.source.close();
                        }),
                scenario("null target", "NullPointer | open 0 | null", SendingStage::source),
                scenario(
                        "null target wins over a negative position",
                        "NullPointer | open 0 | null",
                        stage -> stage.source().position(-1)),
                scenario(
                        "null target wins over a source not open for reading",
                        "NullPointer | open 0 | null",
                        stage -> stage.source(FileChannel.open(stage.newFile(100), WRITE))),
                scenario(
                        "closed socket",
                        "ClosedChannel | open 0 | closed | 0 B",
                        stage -> closeTarget(stage.source().to(Kind.TCP))),
                scenario(
                        "closed pipe",
                        "ClosedChannel | open 0 | closed | 0 B",
                        stage -> closeTarget(stage.source().to(Kind.PIPE))),
                scenario(
                        "closed file",
                        "ClosedChannel | open 0 | closed | 10 B 6c271d0f",
                        stage -> closeTarget(stage.source().toFile(WRITE))),
                scenario(
                        "closed target wins over a negative position",
                        "ClosedChannel | open 0 | closed | 10 B 6c271d0f",
                        stage -> closeTarget(stage.source().toFile(WRITE).position(-1))),
                scenario(
                        "closed target wins over a source not open for reading",
                        "ClosedChannel | open 0 | closed | 0 B",
                        stage -> {
                            stage.source(FileChannel.open(stage.newFile(100), WRITE)).to(Kind.TCP);
                            stage.target.close();
                        }),
                scenario(
                        "closed custom channel",
                        "ClosedChannel | open 0 | closed",
                        stage -> {
                            stage.source()
                                    .to(new LimitedTarget(Integer.MAX_VALUE, Integer.MAX_VALUE));
                            stage.target.close();
                        }));
    }

    private static Stream<Scenario<SendingStage>> modes() {
        return Stream.of(
                scenario(
                        "source not open for reading",
                        "NonReadableChannel | open 0 | open | 0 B",
                        stage ->
                                stage.source(FileChannel.open(stage.newFile(100), WRITE))
                                        .to(Kind.TCP)),
                scenario(
                        "source not open for reading, to a custom channel",
                        "NonReadableChannel | open 0 | open",
                        stage ->
                                stage.source(FileChannel.open(stage.newFile(100), WRITE))
                                        .to(new LimitedTarget(10, 10))),
                scenario(
                        "target not open for writing",
                        "NonWritableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        stage -> stage.source().toFile(READ)),
                scenario(
                        "the source's mode wins over the target's",
                        "NonReadableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        stage ->
                                stage.source(FileChannel.open(stage.newFile(100), WRITE))
                                        .toFile(READ)),
                scenario(
                        "the target's mode wins over a negative count",
                        "NonWritableChannel | open 0 | open 0 | 10 B 6c271d0f",
                        stage -> stage.source().toFile(READ).count(-1)),
                scenario(
                        "the source's mode wins over a negative count",
                        "NonReadableChannel | open 0 | open | 0 B",
                        stage ->
                                stage.source(FileChannel.open(stage.newFile(100), WRITE))
                                        .to(Kind.TCP)
                                        .count(-1)));
    }

    private static Stream<Scenario<SendingStage>> arguments() {
        return Stream.of(
                scenario(
                        "negative position",
                        "IllegalArgument | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.TCP).position(-1)),
                scenario(
                        "negative count",
                        "IllegalArgument | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.TCP).count(-1)),
                scenario(
                        "negative count, to a custom channel",
                        "IllegalArgument | open 0 | open",
                        stage -> stage.source().to(new LimitedTarget(10, 10)).count(-1)),
                scenario(
                        "least position and count",
                        "IllegalArgument | open 0 | open | 0 B",
                        stage ->
                                stage.source()
                                        .to(Kind.TCP)
                                        .position(Long.MIN_VALUE)
                                        .count(Long.MIN_VALUE)));
    }

    private static Stream<Scenario<SendingStage>> nothingToSend() {
        return Stream.of(
                scenario(
                        "count 0 to a socket",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.TCP).count(0)),
                scenario(
                        "count 0 to a pipe",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.PIPE).count(0)),
                scenario(
                        "count 0 to a file",
                        "0 | open 0 | open 0 | 10 B 6c271d0f",
                        stage -> stage.source().toFile(WRITE).count(0)),
                scenario(
                        "count 0 to a custom channel",
                        "0 | open 0 | open",
                        stage -> stage.source().to(new LimitedTarget(10, 10)).count(0)),
                scenario(
                        "position at the end",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.TCP).position(SendingStage.SOURCE_BYTES)),
                scenario(
                        "position past the end",
                        "0 | open 0 | open | 0 B",
                        stage ->
                                stage.source()
                                        .to(Kind.TCP)
                                        .position(SendingStage.SOURCE_BYTES + 1)),
                scenario(
                        "greatest position",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.TCP).position(Long.MAX_VALUE)),
                scenario(
                        "greatest position, small count",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source().to(Kind.TCP).position(Long.MAX_VALUE).count(1)),
                scenario(
                        "greatest position, empty file",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source(0).to(Kind.TCP).position(Long.MAX_VALUE)),
                scenario(
                        "greatest position, to a custom channel",
                        "0 | open 0 | open",
                        stage ->
                                stage.source()
                                        .to(new LimitedTarget(10, 10))
                                        .position(Long.MAX_VALUE)),
                scenario(
                        "empty file to a socket",
                        "0 | open 0 | open | 0 B",
                        stage -> stage.source(0).to(Kind.TCP)),
                scenario(
                        "empty file to a file",
                        "0 | open 0 | open 0 | 10 B 6c271d0f",
                        stage -> stage.source(0).toFile(WRITE)),
                scenario(
                        "empty file to a custom channel",
                        "0 | open 0 | open",
                        stage -> stage.source(0).to(new LimitedTarget(10, 10))));
    }

    private static void closeTarget(SendingStage stage) throws IOException {
        stage.target.close();
    }
}
