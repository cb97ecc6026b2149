package io.zerocopy.differential;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/**
 * Rows of choices, one of each dimension, in which every pair of parts occurs that can occur.
 *
 * <p>Greedy: each row has the first pair that is still missing, and is the best of some by the
 * number of missing pairs that it has. The seed is fixed, so the rows are the same everywhere.
 */
final class Cover {
    private static final int CANDIDATES = 20;

    private final List<? extends List<?>> dimensions;
    private final Function<Object, List<Object>> parts;
    private final Random random = new Random(1);

    private Cover(List<? extends List<?>> dimensions, Function<Object, List<Object>> parts) {
        this.dimensions = dimensions;
        this.parts = parts;
    }

    /** A value of a dimension, or of one of those that it is made of. */
    private record Part(int dimension, int slot, Object value) {}

    private record Pair(Part one, Part other) {}

    /**
     * Covers all pairs of parts.
     *
     * @param parts what a choice is made of, itself alone where it counts as a whole
     */
    static List<List<Object>> of(
            List<? extends List<?>> dimensions, Function<Object, List<Object>> parts) {
        return new Cover(dimensions, parts).rows();
    }

    private List<List<Object>> rows() {
        Set<Pair> missing = allPairs();
        List<List<Object>> rows = new ArrayList<>();
        while (!missing.isEmpty()) {
            Pair wanted = missing.iterator().next();
            List<Object> best = null;
            long most = 0;
            for (int candidate = 0; candidate < CANDIDATES; candidate++) {
                List<Object> row = rowWith(wanted);
                long found = pairsOf(row).stream().filter(missing::contains).count();
                if (found > most) {
                    most = found;
                    best = row;
                }
            }
            assert best != null : wanted;
            rows.add(best);
            pairsOf(best).forEach(missing::remove);
        }
        return rows;
    }

    private Set<Pair> allPairs() {
        Set<Pair> pairs = new LinkedHashSet<>();
        for (int one = 0; one < dimensions.size(); one++) {
            for (Object choice : dimensions.get(one)) {
                addPairs(partsOf(one, choice), pairs);
                for (int other = one + 1; other < dimensions.size(); other++) {
                    for (Object otherChoice : dimensions.get(other)) {
                        for (Part part : partsOf(one, choice)) {
                            for (Part otherPart : partsOf(other, otherChoice)) {
                                pairs.add(new Pair(part, otherPart));
                            }
                        }
                    }
                }
            }
        }
        return pairs;
    }

    private List<Object> rowWith(Pair wanted) {
        List<Object> row = new ArrayList<>();
        for (int dimension = 0; dimension < dimensions.size(); dimension++) {
            List<Object> choices = new ArrayList<>();
            for (Object choice : dimensions.get(dimension)) {
                List<Part> has = partsOf(dimension, choice);
                if (fits(dimension, has, wanted.one) && fits(dimension, has, wanted.other)) {
                    choices.add(choice);
                }
            }
            row.add(choices.get(random.nextInt(choices.size())));
        }
        return row;
    }

    private static boolean fits(int dimension, List<Part> has, Part wanted) {
        return wanted.dimension != dimension || has.contains(wanted);
    }

    private Set<Pair> pairsOf(List<Object> row) {
        List<Part> all = new ArrayList<>();
        for (int dimension = 0; dimension < row.size(); dimension++) {
            all.addAll(partsOf(dimension, row.get(dimension)));
        }
        Set<Pair> pairs = new LinkedHashSet<>();
        addPairs(all, pairs);
        return pairs;
    }

    private static void addPairs(List<Part> parts, Set<Pair> into) {
        for (int one = 0; one < parts.size(); one++) {
            for (int other = one + 1; other < parts.size(); other++) {
                into.add(new Pair(parts.get(one), parts.get(other)));
            }
        }
    }

    private List<Part> partsOf(int dimension, Object choice) {
        List<Object> values = parts.apply(choice);
        List<Part> result = new ArrayList<>();
        for (int slot = 0; slot < values.size(); slot++) {
            result.add(new Part(dimension, slot, values.get(slot)));
        }
        return result;
    }
}
