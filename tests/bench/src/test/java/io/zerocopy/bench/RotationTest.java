package io.zerocopy.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

class RotationTest {
    private static final int CONTENDERS = 4;

    @Test
    void everyRoundHasEveryContenderOnce() {
        Rotation rotation = new Rotation(CONTENDERS, 1);
        for (int round = 0; round < 100; round++) {
            assertEquals(Set.of(0, 1, 2, 3), new HashSet<>(rotation.next()));
        }
    }

    @Test
    void inEveryBlockEveryContenderHasEveryPlaceOnce() {
        Rotation rotation = new Rotation(CONTENDERS, 1);
        for (int block = 0; block < 25; block++) {
            int[][] count = new int[CONTENDERS][CONTENDERS];
            for (int round = 0; round < CONTENDERS; round++) {
                List<Integer> order = rotation.next();
                for (int place = 0; place < CONTENDERS; place++) {
                    count[order.get(place)][place]++;
                }
            }
            for (int[] places : count) {
                assertEquals(CONTENDERS, IntStream.of(places).filter(n -> n == 1).count());
            }
        }
    }

    @Test
    void allOrdersComeInTime() {
        Rotation rotation = new Rotation(CONTENDERS, 1);
        Set<List<Integer>> orders = new HashSet<>();
        for (int round = 0; round < 1000; round++) {
            orders.add(rotation.next());
        }
        assertEquals(4 * 3 * 2, orders.size());
    }

    @Test
    void theSeedDecides() {
        assertEquals(orders(7), orders(7));
        assertNotEquals(orders(7), orders(8));
    }

    @Test
    void oneContenderIsAlwaysFirst() {
        Rotation rotation = new Rotation(1, 1);
        assertEquals(List.of(0), rotation.next());
        assertEquals(List.of(0), rotation.next());
    }

    private static List<List<Integer>> orders(long seed) {
        Rotation rotation = new Rotation(CONTENDERS, seed);
        List<List<Integer>> orders = new ArrayList<>();
        for (int round = 0; round < 3 * CONTENDERS; round++) {
            orders.add(rotation.next());
        }
        return orders;
    }
}
