package io.zerocopy.bench;

import io.zerocopy.bench.http.ServerProcess;
import io.zerocopy.bench.http.WrkLoad;
import io.zerocopy.bench.mover.Burst;
import io.zerocopy.bench.mover.Sample;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * A server of files, which runs on from round to round. A round is a run of the load.
 *
 * @param process the server
 * @param address where it listens
 * @param load on it, for the file that is the source of a scenario
 */
record ServerUnderLoad(ServerProcess process, InetSocketAddress address, WrkLoad load)
        implements Runner {
    /** What comes before the path in the source of a scenario. */
    static final String FILE = "file ";

    /** What a run came to, as that of so many requests as the burst has transfers. */
    @Override
    public Sample run(Scenario scenario, String method, Burst burst) throws BenchException {
        ServerProcess.Usage before = process.usage();
        WrkLoad.Result result = request(scenario);
        ServerProcess.Usage used = process.usage().since(before);
        double share = burst.transfers() / (double) result.requests();
        long cpuNanos = Math.round(used.cpuNanos() * share);
        return new Sample(
                Math.round(result.wallNanos() * share),
                cpuNanos,
                cpuNanos,
                Math.round(used.voluntary() * share),
                Math.round(used.involuntary() * share));
    }

    /** One run of the load. */
    WrkLoad.Result request(Scenario scenario) throws BenchException {
        Path file = Path.of(scenario.source().substring(FILE.length()));
        return load.run(WrkLoad.uri(address, file.getFileName().toString()));
    }
}
