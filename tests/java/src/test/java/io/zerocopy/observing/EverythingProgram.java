package io.zerocopy.observing;

import io.zerocopy.ZeroCopy;
import io.zerocopy.fixture.BlockedThread;
import io.zerocopy.fixture.Connection;
import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.PatternFile;
import io.zerocopy.loading.PanicProgram;
import io.zerocopy.loading.Transfers;

import java.io.IOException;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.file.Path;

/** A main class that makes native code do everything that it can do, good and bad. */
public final class EverythingProgram {
    private static final int FILE_BYTES = 1 << 20;

    private EverythingProgram() {}

    public static void main(String[] arguments) throws Exception {
        PatternFile file = PatternFile.dense(Path.of(arguments[0]), 6, FILE_BYTES);
        PanicProgram.main(new String[0]);
        System.out.println("append=" + Transfers.areRightWhenAppended(FILE_BYTES));
        for (Connection.Kind kind : Connection.Kind.values()) {
            failOnClosedPeer(kind, file);
            for (Jvm.ThreadKind thread : Jvm.threadKinds()) {
                for (How how : How.values()) {
                    wake(kind, thread, how, file);
                }
            }
            takeNothing(kind, file);
        }
        System.out.println("usable=" + ZeroCopy.capabilities().toString().replaceAll("\\R", "; "));
        System.out.println("done=true");
    }

    /** How a blocked transfer is woken. */
    private enum How {
        CLOSE_SOURCE,
        CLOSE_TARGET,
        INTERRUPT
    }

    private static void wake(Connection.Kind kind, Jvm.ThreadKind thread, How how, PatternFile file)
            throws Exception {
        try (Connection connection = Connection.open(kind);
                FileChannel source = file.open()) {
            connection.fill();
            BlockedThread blocked =
                    BlockedThread.start(
                            thread,
                            () -> ZeroCopy.transferTo(source, 0, FILE_BYTES, connection.target()));
            if (how == How.INTERRUPT) {
                blocked.interrupt();
            } else {
                Channel closed = how == How.CLOSE_SOURCE ? source : connection.target();
                closed.close();
            }
            System.out.println(kind + "." + thread + "." + how + "=" + blocked.awaitOutcome());
        }
    }

    private static void failOnClosedPeer(Connection.Kind kind, PatternFile file)
            throws IOException {
        try (Connection connection = Connection.open(kind);
                FileChannel source = file.open()) {
            connection.peer().close();
            for (int call = 0; call < 3; call++) {
                try {
                    ZeroCopy.transferTo(source, 0, FILE_BYTES, connection.target());
                } catch (IOException e) {
                    System.out.println(kind + ".closedPeer=" + e.getMessage());
                }
            }
        }
    }

    private static void takeNothing(Connection.Kind kind, PatternFile file) throws IOException {
        try (Connection connection = Connection.open(kind);
                FileChannel source = file.open()) {
            connection.fill();
            connection.configureBlocking(false);
            if (connection.target() instanceof Pipe.SinkChannel) {
                // A page more may fit, as the pipe was filled in larger pieces.
                ZeroCopy.transferTo(source, 0, FILE_BYTES, connection.target());
            }
            long sent = ZeroCopy.transferTo(source, 0, FILE_BYTES, connection.target());
            System.out.println(kind + ".full=" + sent);
        }
    }
}
