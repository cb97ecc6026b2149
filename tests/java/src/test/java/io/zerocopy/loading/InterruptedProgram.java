package io.zerocopy.loading;

import io.zerocopy.ZeroCopy;

/** A main class whose first use of the library is on a thread that was interrupted. */
public final class InterruptedProgram {
    private InterruptedProgram() {}

    public static void main(String[] arguments) throws Exception {
        Thread.currentThread().interrupt();
        System.out.println("available.interrupted=" + ZeroCopy.isAvailable());
        System.out.println("stillInterrupted=" + Thread.interrupted());
        Report.main(arguments);
    }
}
