package io.zerocopy.cli;

import io.zerocopy.cli.compare.ChildJvm;
import io.zerocopy.cli.compare.Receiver;

import picocli.CommandLine.Command;

import java.io.IOException;
import java.util.concurrent.Callable;

/** The receiving process of a comparison. Not for users: it ends when its standard input does. */
@Command(name = "compare-receiver", hidden = true)
final class CompareReceiverCommand implements Callable<Integer> {
    @Override
    public Integer call() throws IOException {
        ChildJvm.endWithParent();
        try (Receiver receiver = Receiver.open()) {
            System.out.println("listening " + receiver.address().getPort());
            System.out.flush();
            receiver.serve();
        }
        return 0;
    }
}
