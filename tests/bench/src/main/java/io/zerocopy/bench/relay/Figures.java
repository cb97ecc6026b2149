package io.zerocopy.bench.relay;

import io.zerocopy.bench.statistics.Bootstrap;
import io.zerocopy.bench.statistics.Ratio;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the rounds of one measurement came to, for each contender. */
public final class Figures {
    private final String name;
    private final List<Figure> kinds;
    private final List<String> notes;
    private final Map<Subject, List<double[]>> rounds = new LinkedHashMap<>();

    /**
     * Nothing is measured yet.
     *
     * @param name in reports
     * @param kinds what every round has, in the same order
     * @param notes what else there is to say
     */
    public Figures(String name, List<Figure> kinds, List<String> notes) {
        this.name = name;
        this.kinds = List.copyOf(kinds);
        this.notes = List.copyOf(notes);
    }

    /**
     * Who was measured.
     *
     * @param title in reports
     * @param isOurs whether it is this library's, which all others are compared with
     * @param isNative whether no JVM is in it
     */
    public record Subject(String title, boolean isOurs, boolean isNative) {}

    /**
     * One against another, in the same rounds.
     *
     * @param ratios in the order of {@link #kinds}
     */
    public record Comparison(Subject ours, Subject theirs, List<Ratio> ratios) {}

    public String name() {
        return name;
    }

    public List<Figure> kinds() {
        return kinds;
    }

    public List<String> notes() {
        return notes;
    }

    public List<Subject> subjects() {
        return List.copyOf(rounds.keySet());
    }

    /** Has contenders reported in this order, whoever comes first in a round. */
    void expect(List<Subject> subjects) {
        subjects.forEach(subject -> rounds.put(subject, new ArrayList<>()));
    }

    /** One more round of a contender that is expected. */
    void add(Subject subject, double... values) {
        if (values.length != kinds.size()) {
            throw new IllegalArgumentException(values.length + " figures, not " + kinds.size());
        }
        rounds.get(subject).add(values);
    }

    /** One number for each round. */
    public double[] values(Subject subject, Figure kind) {
        int index = kinds.indexOf(kind);
        return rounds.get(subject).stream().mapToDouble(round -> round[index]).toArray();
    }

    /** What is ours against everything else. */
    public List<Comparison> comparisons(Bootstrap bootstrap) {
        List<Comparison> comparisons = new ArrayList<>();
        for (Subject ours : subjects()) {
            for (Subject theirs : subjects()) {
                if (ours.isOurs() && !theirs.isOurs()) {
                    comparisons.add(new Comparison(ours, theirs, ratios(bootstrap, ours, theirs)));
                }
            }
        }
        return comparisons;
    }

    private List<Ratio> ratios(Bootstrap bootstrap, Subject ours, Subject theirs) {
        return kinds.stream()
                .map(
                        kind ->
                                Ratio.of(
                                        bootstrap,
                                        values(ours, kind),
                                        values(theirs, kind),
                                        kind.moreIsBetter()))
                .toList();
    }
}
