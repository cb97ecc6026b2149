package io.zerocopy.bench;

import io.zerocopy.bench.mover.Sample;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lets the contenders of a scenario take turns, round by round. */
final class Experiment {
    private final Stage stage;
    private final Options options;

    Experiment(Stage stage, Options options) {
        this.stage = stage;
        this.options = options;
    }

    Outcome measure(Scenario scenario, List<Contender> contenders) throws BenchException {
        Rotation rotation = new Rotation(contenders.size(), options.seed);
        Map<Contender, List<Sample>> samples = new LinkedHashMap<>();
        contenders.forEach(contender -> samples.put(contender, new ArrayList<>()));
        for (int round = -scenario.warmUpRounds(); round < options.rounds(); round++) {
            showProgress(scenario, round);
            for (int index : rotation.next()) {
                Contender contender = contenders.get(index);
                stage.prepare(scenario);
                Sample sample =
                        contender.runner().run(scenario, contender.method(), scenario.burst());
                if (round >= 0) {
                    samples.get(contender).add(sample);
                }
            }
        }
        System.err.println();
        return new Outcome(scenario, samples);
    }

    private void showProgress(Scenario scenario, int round) {
        String state = round < 0 ? "warming up" : "round " + (round + 1) + "/" + options.rounds();
        System.err.printf("\r%s: %-20s", scenario.name(), state);
    }
}
