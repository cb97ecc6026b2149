package io.zerocopy.bench.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Options;
import io.zerocopy.bench.Setting;
import io.zerocopy.bench.Tool;
import io.zerocopy.bench.Workspace;
import io.zerocopy.bench.http.WrkLoad;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;

/**
 * Goal: nginx is reached through every proxy that is there, and what that costs is measured.
 * Method: the real programs, one round of each; what the figures are nobody asks.
 */
class HttpRelayRowTest {
    @TempDir private Path folder;

    @Test
    void everyProxyPassesOnWhatNginxServes() throws BenchException {
        HttpRelayRow row = new HttpRelayRow();
        for (Tool tool : row.tools()) {
            assumeTrue(tool.find().isPresent(), tool.absence());
        }
        try (Workspace workspace = Workspace.in(folder)) {
            Setting setting = new Setting(Options.parse(new String[0]), workspace);
            RelayStage stage = RelayStage.start(List.of(row), setting);
            List<ProxyProcess> running = stage.proxies(HttpRelayRow.CONTENDERS);
            WrkLoad wrk = HttpRelayRow.wrk(stage);
            for (ProxyProcess proxy : running) {
                HttpRelayRow.check(proxy, stage.fileOfNginx());
                double[] figures = HttpRelayRow.round(stage.load(), wrk, proxy);
                String title = proxy.subject().title();
                assertTrue(figures[0] > 0, title + " passes on nothing");
                assertTrue(figures[1] > 0, title + " takes no time for it");
            }
            int leftOut = setting.skipped().size();
            assertEquals(HttpRelayRow.CONTENDERS.size(), running.size() + leftOut);
        }
    }
}
