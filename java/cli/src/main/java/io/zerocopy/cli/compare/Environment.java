package io.zerocopy.cli.compare;

import io.zerocopy.ZeroCopy;

/** Where the numbers come from: without it they say nothing. */
public record Environment(String jdk, String system, String cores, String nativeCore) {
    static Environment current(String cores) {
        String jdk = property("java.runtime.version") + ", " + property("java.vm.name");
        String system =
                property("os.name")
                        + " "
                        + property("os.version")
                        + ", "
                        + property("os.arch")
                        + ", "
                        + Runtime.getRuntime().availableProcessors()
                        + " cores";
        return new Environment(jdk, system, cores, nativeCoreState());
    }

    private static String nativeCoreState() {
        String version = "version " + ZeroCopy.version();
        if (ZeroCopy.isAvailable()) {
            return "loaded, " + version;
        }
        return "NOT loaded, "
                + version
                + ": ZeroCopy.transferTo ran on its Java fallback. Cause: "
                + ZeroCopy.unavailabilityCause();
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }
}
