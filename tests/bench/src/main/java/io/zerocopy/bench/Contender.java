package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to move bytes, in one process.
 *
 * @param runner who moves
 * @param method how, as the mover's commands call it
 * @param title in reports
 * @param isNative whether it is the C program's
 * @param isOurs whether it is this library's, which all others are compared with
 */
record Contender(Runner runner, String method, String title, boolean isNative, boolean isOurs) {
    /** How the C program calls the methods of the library. */
    private static final String PREFIX_OF_OURS = "zc_";

    static List<Contender> of(Scenario scenario, Stage stage) {
        List<Contender> contenders = new ArrayList<>();
        for (Mover machine : stage.virtualMachines()) {
            for (Method method : scenario.javaMethods()) {
                String title = machine.shortName() + ": " + method.title();
                contenders.add(
                        new Contender(machine, method.word(), title, false, method.isOurs()));
            }
        }
        for (String method : scenario.nativeMethods()) {
            boolean isOurs = method.startsWith(PREFIX_OF_OURS);
            contenders.add(new Contender(stage.anchor(), method, "C: " + method, true, isOurs));
        }
        return contenders;
    }

    /**
     * Whether a ratio of the two says something. What is ours in Java is compared with everything
     * else of the same JVM and with the C program; the C face only with the C program.
     */
    boolean isComparedWith(Contender other) {
        boolean sameFace = isNative == other.isNative;
        return isOurs && (sameFace ? !other.isOurs && runner == other.runner : !isNative);
    }
}
