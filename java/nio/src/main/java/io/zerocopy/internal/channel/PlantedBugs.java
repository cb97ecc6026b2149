package io.zerocopy.internal.channel;

import java.util.Arrays;
import java.util.Set;

/**
 * What the tests of the tests take away from the guard, by a system property that is read once: a
 * test that holds without the guard holds nothing.
 *
 * <p>Constants, and handles that do nothing, so that a transfer pays nothing for it.
 */
final class PlantedBugs {
    private static final String PROPERTY = "io.zerocopy.plantedBugs";

    private static final Set<String> PLANTED =
            Set.copyOf(Arrays.asList(System.getProperty(PROPERTY, "").split(",")));

    /** A thread that was registered with a file does not look whether the file is still open. */
    static final boolean IS_UNCHECKED = PLANTED.contains("unchecked");

    /** No thread announces to {@code close()} that it uses a descriptor. */
    private static final boolean IS_UNREGISTERED = PLANTED.contains("unregistered");

    /** The methods of the JDK's channels and of its sets of threads that announce one. */
    private static final Set<String> REGISTERING =
            Set.of("add", "remove", "beginRead", "endRead", "beginWrite", "endWrite");

    private PlantedBugs() {}

    /** Whether this method of the JDK is not called. */
    static boolean takeAway(String method) {
        return IS_UNREGISTERED && REGISTERING.contains(method);
    }
}
