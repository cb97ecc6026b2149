package io.zerocopy.cli;

import io.zerocopy.cli.compare.ChildJvm;
import io.zerocopy.cli.compare.MarkedSending;
import io.zerocopy.cli.compare.SendMethod;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;

/** The sender whose system calls are counted. Not for users: it is started under strace. */
@Command(name = "send-marked", hidden = true)
final class SendMarkedCommand implements Callable<Integer> {
    @Parameters(index = "0")
    private int port;

    @Parameters(index = "1")
    private Path warmUpFile;

    @Parameters(index = "2")
    private Path file;

    @Parameters(index = "3..*")
    private List<SendMethod> methods;

    @Override
    public Integer call() throws IOException {
        ChildJvm.endWithParent();
        MarkedSending.run(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                warmUpFile,
                file,
                methods);
        return 0;
    }
}
