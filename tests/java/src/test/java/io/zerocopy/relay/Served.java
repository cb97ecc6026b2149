package io.zerocopy.relay;

import io.zerocopy.ZeroCopy;

/** By which of its engines the library serves relays in this JVM. */
final class Served {
    private Served() {}

    /** By the native one: not without the native core, nor without the handles into the JDK. */
    static boolean byNativeCore() {
        String disabled = System.getProperty("io.zerocopy.disable", "");
        return ZeroCopy.isAvailable() && !disabled.contains("guard");
    }
}
