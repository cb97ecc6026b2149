package io.zerocopy.bench;

import io.zerocopy.bench.sender.SendMethod;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to send, in one process.
 *
 * @param sender who sends
 * @param method how, as the sender's commands call it
 * @param title in reports
 * @param isNative whether it is the C program's
 * @param isZeroCopy whether it is the one that all others are compared with
 */
record Contender(Sender sender, String method, String title, boolean isNative, boolean isZeroCopy) {
    static List<Contender> of(Scenario scenario, List<Sender> virtualMachines, Sender anchor) {
        List<Contender> contenders = new ArrayList<>();
        for (Sender machine : virtualMachines) {
            for (SendMethod method : scenario.javaMethods()) {
                contenders.add(
                        new Contender(
                                machine,
                                method.word(),
                                machine.shortName() + ": " + method.title(),
                                false,
                                method == SendMethod.ZEROCOPY));
            }
        }
        for (String method : scenario.nativeMethods()) {
            contenders.add(new Contender(anchor, method, "C: " + method, true, false));
        }
        return contenders;
    }

    /** Whether a ratio of the two says something: the same JVM, or the native anchor. */
    boolean isComparedWith(Contender other) {
        return isZeroCopy && !other.isZeroCopy && (other.isNative || other.sender == sender);
    }
}
