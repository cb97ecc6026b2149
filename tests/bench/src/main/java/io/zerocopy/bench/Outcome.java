package io.zerocopy.bench;

import io.zerocopy.bench.mover.Sample;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** What a scenario came to: the samples of each contender, the same index being the same round. */
final class Outcome {
    private final Scenario scenario;
    private final Map<Contender, List<Sample>> samples;

    Outcome(Scenario scenario, Map<Contender, List<Sample>> samples) {
        this.scenario = scenario;
        this.samples = samples;
    }

    Scenario scenario() {
        return scenario;
    }

    Set<Contender> contenders() {
        return samples.keySet();
    }

    List<Sample> samples(Contender contender) {
        return samples.get(contender);
    }

    double[] nanosPerTransfer(Contender contender) {
        return each(contender, sample -> sample.wallNanos() / (double) transfers());
    }

    double[] transfersPerSecond(Contender contender) {
        return each(contender, sample -> 1e9 * transfers() / sample.wallNanos());
    }

    /** Bytes in a nanosecond are gigabytes in a second. */
    double[] gigabytesPerSecond(Contender contender) {
        return each(contender, sample -> bytes() / sample.wallNanos());
    }

    /** As above: nanoseconds for a byte are seconds for a gigabyte. */
    double[] cpuSecondsPerGigabyte(Contender contender) {
        return each(contender, sample -> cpuNanos(sample) / bytes());
    }

    double[] cpuNanosPerTransfer(Contender contender) {
        return each(contender, sample -> cpuNanos(sample) / (double) transfers());
    }

    /** Of the moving thread, for so many transfers as {@link Scenario#transfersTold} says. */
    double[] switches(Contender contender) {
        double share = scenario.transfersTold() / (double) transfers();
        return each(contender, sample -> (sample.voluntary() + sample.involuntary()) * share);
    }

    private long cpuNanos(Sample sample) {
        return scenario.traits().countsAllThreads() ? sample.processCpuNanos() : sample.cpuNanos();
    }

    private double bytes() {
        return (double) scenario.burst().bytes() * transfers();
    }

    private int transfers() {
        return scenario.burst().transfers();
    }

    private double[] each(Contender contender, ToDoubleFunction<Sample> value) {
        return samples.get(contender).stream().mapToDouble(value).toArray();
    }
}
