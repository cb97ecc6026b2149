package io.zerocopy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.Await;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.ChildJvm;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;
import io.zerocopy.fixture.LeakCounter;
import io.zerocopy.fixture.OneCarrier;
import io.zerocopy.fixture.Ticker;
import io.zerocopy.fixture.WaitingTransfer;
import io.zerocopy.fixture.WaitingTransfer.Api;
import io.zerocopy.fixture.WaitingTransfer.Phase;
import io.zerocopy.fixture.WaitingTransfer.Row;
import io.zerocopy.fixture.WaitingTransfer.Setting;
import io.zerocopy.fixture.WaitingTransfer.Shape;
import io.zerocopy.fixture.WaitingTransfer.Wake;

import org.junit.jupiter.api.Test;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Goal: a thousand transfers that wait at the same time, between all kinds of ends, leave the one
 * carrier of a JVM to another virtual thread; each of them wakes up when it is told to, with all of
 * its bytes; nothing is left behind.
 *
 * <p>Method: the other thread ticks all the time, and its longest silence is measured. It must not
 * hang; the rest of the figures is printed and not judged.
 */
class ManyWaitingTransfersTest {
    private static final Duration SILENCE_MAX = Duration.ofSeconds(2);

    @Test
    void oneCarrierServesAThousandThatWait() throws Exception {
        ChildJvm.Result result = OneCarrier.child(Main.class).run();
        assertEquals("", result.err());
        assertTrue(result.number("ticks") > 0, result::toString);
        long silenceMillis = result.number("longestSilenceMillis");
        assertTrue(silenceMillis < SILENCE_MAX.toMillis(), result::toString);
        System.out.print(result.out());
    }

    /** What the other JVM does. */
    static final class Main {
        private static final int COUNT = 1000;

        /** Longer than it takes to start all of them, so that all of them wait. */
        private static final Duration TIMEOUT = Duration.ofSeconds(4);

        private Main() {}

        public static void main(String[] arguments) throws Exception {
            assertTrue(ZeroCopy.isAvailable(), "the native core is loaded");
            LeakCounter leaks = LeakCounter.start();
            Path folder = Files.createTempDirectory("many");
            try (Ticker ticker = Ticker.start(ThreadKind.VIRTUAL);
                    Setting setting = new Setting(folder)) {
                for (Wake wake : Wake.values()) {
                    wakeAll(setting, wake);
                }
                closeTheFileOfAll(setting);
                letAllFinish(setting);
                System.out.println("ticks=" + ticker.ticks());
                System.out.println("longestSilenceMillis=" + ticker.longestSilence().toMillis());
            } finally {
                Files.delete(folder);
            }
            leaks.assertNothingLeft();
        }

        private static void wakeAll(Setting setting, Wake wake) throws IOException {
            boolean isTimeout = wake == Wake.TIMEOUT;
            try (Crowd crowd = new Crowd()) {
                crowd.launch(
                        setting,
                        row -> !isTimeout || row.api() == Api.TRANSFER,
                        builder -> isTimeout ? builder.timeout(TIMEOUT) : builder);
                if (!isTimeout) {
                    crowd.awaitBlocked();
                }
                long begin = System.nanoTime();
                long longestNanos = crowd.wake(wake);
                crowd.awaitOver();
                print(wake + ".longestCallMillis", longestNanos);
                print(wake + ".allAwakeMillis", System.nanoTime() - begin);
                for (WaitingTransfer waiting : crowd.all) {
                    waiting.assertWokenBy(wake);
                }
            }
        }

        /** One close for all: the JDK's own hangs where a virtual thread is in a transfer. */
        private static void closeTheFileOfAll(Setting setting) throws IOException {
            try (Crowd crowd = new Crowd();
                    FileChannel file = setting.openSource()) {
                crowd.launch(
                        setting,
                        row -> row.shape() == Shape.FILE_TO_STREAM,
                        builder -> builder.from(file));
                crowd.awaitBlocked();
                long begin = System.nanoTime();
                Jvm.closeInTime(file);
                print("closeOfTheFileMillis", System.nanoTime() - begin);
                crowd.awaitOver();
                for (WaitingTransfer waiting : crowd.all) {
                    waiting.assertWokenBy(Wake.CLOSE_OF_SOURCE);
                }
            }
        }

        /** Waiting has not cut any of them short, nor made them answer 0. */
        private static void letAllFinish(Setting setting) throws IOException {
            try (Crowd crowd = new Crowd()) {
                crowd.launch(setting, row -> row.phase() != Phase.PAUSE, builder -> builder);
                crowd.awaitBlocked();
                for (WaitingTransfer waiting : crowd.all) {
                    waiting.assertFinishes(ThreadKind.VIRTUAL);
                }
            }
        }

        private static void print(String name, long nanos) {
            System.out.println(name + "=" + Duration.ofNanos(nanos).toMillis());
        }

        /** All that wait at the same time. */
        private static final class Crowd implements Closeable {
            final List<WaitingTransfer> all = new ArrayList<>();

            interface Change {
                WaitingTransfer.Builder of(WaitingTransfer.Builder builder);
            }

            /** Starts them, of all the rows in turn. */
            void launch(Setting setting, Predicate<Row> isWanted, Change change)
                    throws IOException {
                List<Row> rows = Row.all().stream().filter(isWanted).toList();
                for (int index = 0; index < COUNT; index++) {
                    Row row = rows.get(index % rows.size());
                    WaitingTransfer.Builder builder =
                            new WaitingTransfer.Builder(setting, row).on(ThreadKind.VIRTUAL);
                    all.add(change.of(builder).launch());
                }
            }

            void awaitBlocked() {
                BlockedThread.awaitBlocked(all.stream().map(WaitingTransfer::thread).toList());
            }

            /** Returns how long the slowest of the calls has taken. */
            long wake(Wake wake) throws IOException {
                long longest = 0;
                for (WaitingTransfer waiting : all) {
                    long begin = System.nanoTime();
                    waiting.wake(wake);
                    longest = Math.max(longest, System.nanoTime() - begin);
                }
                return longest;
            }

            void awaitOver() {
                all.forEach(waiting -> waiting.thread().awaitOutcome(Await.LONG));
            }

            @Override
            public void close() throws IOException {
                for (WaitingTransfer waiting : all) {
                    waiting.close();
                }
            }
        }
    }
}
