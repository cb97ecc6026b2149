package io.zerocopy.loading;

import io.zerocopy.Capabilities;
import io.zerocopy.Mechanism;
import io.zerocopy.Statistics;
import io.zerocopy.ZeroCopy;

import java.util.Map;
import java.util.TreeMap;

/**
 * A main class that makes some transfers and prints what the library says of itself, one {@code
 * name=value} a line. With the argument {@code wait} it stays until it is killed.
 */
public final class Report {
    private static final int SMALL_BYTES = 1000;
    private static final int LARGE_BYTES = 300_000;

    private Report() {}

    public static void main(String[] arguments) throws Exception {
        describe().forEach((name, value) -> System.out.println(name + "=" + value));
        if (arguments.length > 0 && arguments[0].equals("wait")) {
            System.out.println("waiting");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    /** Makes the transfers, then asks. A map of the JDK's classes, for another class loader. */
    public static Map<String, String> describe() throws Exception {
        Map<String, String> report = new TreeMap<>();
        report.put("small", String.valueOf(Transfers.areRightOverTcp(SMALL_BYTES)));
        report.put("large", String.valueOf(Transfers.areRightOverTcp(LARGE_BYTES)));
        report.put("available", String.valueOf(ZeroCopy.isAvailable()));
        report.put("version", ZeroCopy.version());
        report.put("cause", oneLine(ZeroCopy.unavailabilityCause()));
        report.put("ensured", ensured());
        Capabilities capabilities = ZeroCopy.capabilities();
        Statistics statistics = ZeroCopy.statistics();
        for (Mechanism mechanism : Mechanism.values()) {
            report.put(mechanism + ".unusable", oneLine(capabilities.cause(mechanism)));
            report.put(mechanism + ".bytes", String.valueOf(statistics.bytes(mechanism)));
            report.put(mechanism + ".transfers", String.valueOf(statistics.transfers(mechanism)));
        }
        report.put("unguarded", capabilities.unguardedChannels().toString());
        report.put("fallbacks", statistics.fallbacks().toString());
        return report;
    }

    private static String ensured() {
        try {
            ZeroCopy.ensureAvailability();
            return "yes";
        } catch (UnsatisfiedLinkError e) {
            return oneLine(e)
                    + (e.getCause() == ZeroCopy.unavailabilityCause() ? "" : "; no cause");
        }
    }

    private static String oneLine(Object text) {
        return String.valueOf(text).replaceAll("\\R+", " / ");
    }
}
