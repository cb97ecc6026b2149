package io.zerocopy.loading;

import io.zerocopy.ZeroCopy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** A main class that makes the native core panic, and then goes on. */
public final class PanicProgram {
    private static final int NO_SUCH_TARGET_KIND = 99;

    private PanicProgram() {}

    public static void main(String[] arguments) throws Exception {
        ZeroCopy.ensureAvailability();
        Class<?> natives = Class.forName("io.zerocopy.internal.core.Natives");
        Class<?> number = int.class;
        Method step =
                natives.getMethod(
                        "step", number, long.class, long.class, number, number, number, number);
        try {
            System.out.println(
                    "answer=" + step.invoke(null, 0, 0L, 1L, 1, NO_SUCH_TARGET_KIND, -1, -1));
        } catch (InvocationTargetException e) {
            System.out.println("class=" + e.getCause().getClass().getName());
            System.out.println("message=" + e.getCause().getMessage());
        }
        Report.main(arguments);
    }
}
