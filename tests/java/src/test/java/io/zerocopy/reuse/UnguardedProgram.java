package io.zerocopy.reuse;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The same stress in a JVM of its own, where a part of the guard has been taken away: prints what
 * it found. It does not wait for its threads, some of which hang on descriptors of others.
 */
public final class UnguardedProgram {
    private UnguardedProgram() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        long seed = Long.parseLong(arguments[1]);
        Duration duration = Duration.ofSeconds(Long.parseLong(arguments[2]));
        ReuseStress stress = new ReuseStress(folder, seed, duration);
        stress.start();
        stress.awaitTime();
        Findings findings = stress.findings();
        System.out.println("foreignMillis=" + findings.foreignMillis());
        System.out.println("findings=" + findings);
        findings.wrong().forEach(System.out::println);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }
}
