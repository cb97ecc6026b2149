package io.zerocopy.bench;

import io.zerocopy.bench.mover.Burst;
import io.zerocopy.bench.mover.Sample;

/** What a contender runs in: a process that moves when it is told, or a server under load. */
interface Runner {
    /** Has it move the bytes of a scenario; the burst may be another than the scenario's. */
    Sample run(Scenario scenario, String method, Burst burst) throws BenchException;
}
