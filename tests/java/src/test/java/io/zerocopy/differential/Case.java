package io.zerocopy.differential;

import java.nio.file.Path;

/** Something to run once with the JDK's methods and once with the library's. */
interface Case {
    /** Says which; no two are the same. */
    String name();

    /** Whether this JVM has what it needs. */
    boolean isPossibleHere();

    /** Makes new ends, calls the method, and looks. */
    Answer answer(Method method, Path folder) throws Exception;
}
