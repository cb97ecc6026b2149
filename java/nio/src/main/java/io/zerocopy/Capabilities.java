package io.zerocopy;

import io.zerocopy.internal.channel.JdkHandles;
import io.zerocopy.internal.core.NativeCore;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What works in this JVM, found by trying, or the cause why it does not.
 *
 * <p>It is a snapshot: a sandbox that is tightened later, or a limit that is reached, shows in the
 * next one. Example:
 *
 * <pre>{@code
 * Capabilities capabilities = ZeroCopy.capabilities();
 * if (!capabilities.isUsable(Mechanism.SENDFILE)) {
 *     System.out.println(capabilities.cause(Mechanism.SENDFILE));
 * }
 * }</pre>
 */
public final class Capabilities {
    private final Map<Mechanism, String> unusable;
    private final Map<String, String> unguardedChannels;

    private Capabilities(Map<Mechanism, String> unusable, Map<String, String> unguardedChannels) {
        this.unusable = Collections.unmodifiableMap(unusable);
        this.unguardedChannels = Collections.unmodifiableMap(unguardedChannels);
    }

    static Capabilities probe() {
        Map<Mechanism, String> unusable = new EnumMap<>(Mechanism.class);
        for (Mechanism mechanism : Mechanism.values()) {
            String cause = whyUnusable(mechanism);
            if (cause != null) {
                unusable.put(mechanism, cause);
            }
        }
        Map<String, String> unguarded = new TreeMap<>();
        if (NativeCore.isAvailable()) {
            unguarded.putAll(JdkHandles.missing());
        }
        return new Capabilities(unusable, unguarded);
    }

    /**
     * Without the native core the JDK's methods and the copy through a direct buffer still work.
     */
    private static String whyUnusable(Mechanism mechanism) {
        boolean needsNoCore = mechanism == Mechanism.COPY && !NativeCore.isAvailable();
        return mechanism == Mechanism.JDK || needsNoCore ? null : NativeCore.whyUnusable(mechanism);
    }

    /**
     * Whether a mechanism can be used in this JVM.
     *
     * @param mechanism not null
     * @return true if a try on our own descriptors worked and no setting forbids it
     */
    public boolean isUsable(Mechanism mechanism) {
        return cause(mechanism) == null;
    }

    /**
     * Why a mechanism can't be used, in words: what the system said, and what that usually means.
     *
     * @param mechanism not null
     * @return the cause, or null if the mechanism can be used
     */
    public String cause(Mechanism mechanism) {
        java.util.Objects.requireNonNull(mechanism, "mechanism");
        return unusable.get(mechanism);
    }

    /**
     * The JDK's channel classes whose transfers do not use the native core, because this JDK lacks
     * what is needed to guard their descriptors. Their transfers go through the JDK's own method or
     * a direct buffer.
     *
     * @return class names with the cause; empty where everything was found, or where there is no
     *     native core at all
     */
    public Map<String, String> unguardedChannels() {
        return unguardedChannels;
    }

    /**
     * All of it on one line for each mechanism, for logs.
     *
     * @return the text
     */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Mechanism mechanism : Mechanism.values()) {
            String cause = cause(mechanism);
            text.append(mechanism).append(": ").append(cause == null ? "usable" : cause);
            text.append(System.lineSeparator());
        }
        unguardedChannels.forEach(
                (name, cause) ->
                        text.append(name)
                                .append(" is not guarded: ")
                                .append(cause)
                                .append(System.lineSeparator()));
        return text.toString();
    }
}
