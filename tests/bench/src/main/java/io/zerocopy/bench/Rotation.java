package io.zerocopy.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Who comes when. As many rounds as there are contenders make a block: the contenders are shuffled
 * and then begin one place later in each round, so that everyone has had every place after a block.
 * Each block is shuffled anew, so that nobody always comes after the same one.
 */
public final class Rotation {
    private final int contenders;
    private final Random random;
    private List<Integer> block;
    private int turn;

    /** For so many contenders; the seed decides about the order. */
    public Rotation(int contenders, long seed) {
        this.contenders = contenders;
        this.random = new Random(seed);
    }

    /** The contenders' indexes in the order of the next round. */
    public List<Integer> next() {
        if (turn % contenders == 0) {
            block = new ArrayList<>(IntStream.range(0, contenders).boxed().toList());
            Collections.shuffle(block, random);
        }
        List<Integer> order = new ArrayList<>(block);
        Collections.rotate(order, turn % contenders);
        turn++;
        return order;
    }
}
