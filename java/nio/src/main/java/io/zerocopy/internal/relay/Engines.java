package io.zerocopy.internal.relay;

import io.zerocopy.Mechanism;
import io.zerocopy.internal.channel.Detachment;
import io.zerocopy.internal.core.NativeCore;
import io.zerocopy.internal.core.Settings;

import java.io.IOException;

/** Which engine serves. */
public final class Engines {
    /** More threads than this are taken for a mistake. */
    public static final int THREADS_MAX = 256;

    /** What the native engine needs one of. */
    private static final int SERVING =
            1 << Mechanism.SPLICE.number() | 1 << Mechanism.COPY.number();

    private Engines() {}

    /**
     * Starts the native engine where it can serve, else that of Java.
     *
     * @throws IOException if no descriptor or no thread is left
     */
    public static Engine open(int threads) throws IOException {
        String whyNotNative = whyNotNative();
        return whyNotNative == null
                ? NativeEngine.open(threads)
                : new JdkEngine(threads, whyNotNative);
    }

    private static String whyNotNative() {
        if (!NativeCore.isAvailable()) {
            return "the native core is not loaded: "
                    + NativeCore.unavailabilityCause().getMessage();
        }
        if (!Detachment.isPossible()) {
            return "sockets can't be taken away from the JDK: " + Detachment.whyImpossible();
        }
        boolean canServe = (Settings.allowedMechanismBits() & SERVING) != 0;
        return canServe ? null : "splice and copy are disabled by -D" + Settings.DISABLE;
    }
}
