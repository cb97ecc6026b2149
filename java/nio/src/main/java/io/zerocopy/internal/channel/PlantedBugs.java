package io.zerocopy.internal.channel;

import java.util.Arrays;
import java.util.Set;

/**
 * What the tests of the tests take away from the guard, by a system property that is read once: a
 * test that holds without the guard holds nothing.
 *
 * <p>It has the names of methods of the JDK that are not called: those by which a thread announces
 * to {@code close()} that it uses a descriptor, and {@code isOpen} after that. A constant, and
 * handles that do nothing, so that a transfer pays nothing for it.
 */
final class PlantedBugs {
    private static final String PROPERTY = "io.zerocopy.plantedBugs";

    private static final Set<String> NOT_CALLED =
            Set.copyOf(Arrays.asList(System.getProperty(PROPERTY, "").split(",")));

    /** A thread that is registered with a file does not look whether the file is still open. */
    static final boolean IS_UNCHECKED = isNotCalled("isOpen");

    private PlantedBugs() {}

    /** Whether this method is not called. */
    static boolean isNotCalled(String method) {
        return NOT_CALLED.contains(method);
    }
}
