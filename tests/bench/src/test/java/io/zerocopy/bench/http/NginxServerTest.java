package io.zerocopy.bench.http;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Workspace;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Goal: load and server work together, the server's time is counted, and nothing of them stays.
 * Method: the real programs for as short as they can; what the figures are nobody asks.
 */
class NginxServerTest {
    private static final int BYTES = 4096;

    @TempDir private Path folder;

    @BeforeEach
    void needsThePrograms() {
        assumeTrue(NginxServer.NGINX.find().isPresent(), NginxServer.NGINX.absence());
        assumeTrue(WrkLoad.WRK.find().isPresent(), WrkLoad.WRK.absence());
    }

    @Test
    void aRunCountsAnswersBytesAndTheTimeOfTheServer() throws Exception {
        byte[] content = new byte[BYTES];
        content[BYTES - 1] = 1;
        Path root = Files.createDirectory(folder.resolve("root"));
        Files.write(root.resolve("file"), content);
        Path runtime;
        try (Workspace workspace = Workspace.in(folder.resolve("reports"))) {
            runtime = workspace.runtimeFolder();
            NginxServer nginx = NginxServer.start(workspace, Cores.serverPrefix(), root);
            assertArrayEquals(content, get(nginx.uri("file")));

            long before = nginx.process().cpuNanos();
            WrkLoad.Result result = load(workspace).run(nginx.uri("file"));
            assertTrue(result.bytes() > BYTES * result.requests(), result.toString());
            assertTrue(nginx.process().cpuNanos() > before, "it has worked for no time");
            assertEquals(1, nginx.process().pids().size(), "one process is the server");
        }
        assertFalse(Files.exists(runtime), runtime + " has stayed");
    }

    @Test
    void answersThatAreNoFileAreAFailure() throws Exception {
        try (Workspace workspace = Workspace.in(folder)) {
            NginxServer nginx = NginxServer.start(workspace, List.of(), folder);
            BenchException e =
                    assertThrows(
                            BenchException.class,
                            () -> load(workspace).run(nginx.uri("no-such-file")));
            assertTrue(e.getMessage().contains("status "), e.getMessage());
        }
    }

    private static WrkLoad load(Workspace workspace) {
        return new WrkLoad(workspace, Cores.loadPrefix(), 4, 1);
    }

    private static byte[] get(URI uri) throws IOException {
        try (InputStream answer = uri.toURL().openStream()) {
            return answer.readAllBytes();
        }
    }
}
