package io.zerocopy.cli.proxy;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Hears of each SIGTERM and SIGINT: a hook of the JVM would hear of the first only, and could not
 * let the process end well.
 *
 * <p>The JDK's class for this is in a module that need not be there, and that javac warns of: it is
 * used by its name. Where it can't be used the signals do what they always do.
 */
public final class StopSignals {
    private static final List<String> NAMES = List.of("TERM", "INT");

    private StopSignals() {}

    /** What runs. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /** Runs the work, and the action in a thread of its own at each signal until then. */
    public static <T> T during(Work<T> work, Runnable action) throws IOException {
        Map<Object, Object> replaced = replace(action);
        try {
            return work.run();
        } finally {
            replaced.forEach(StopSignals::handle);
        }
    }

    /** Returns the old handler of each signal that has a new one. */
    private static Map<Object, Object> replace(Runnable action) {
        Map<Object, Object> replaced = new HashMap<>();
        try {
            Class<?> type = Class.forName("sun.misc.SignalHandler");
            Object handler =
                    Proxy.newProxyInstance(
                            type.getClassLoader(),
                            new Class<?>[] {type},
                            (self, method, arguments) -> answer(self, method, arguments, action));
            Constructor<?> signal = Class.forName("sun.misc.Signal").getConstructor(String.class);
            for (String name : NAMES) {
                Object it = signal.newInstance(name);
                replaced.put(it, handle(it, handler));
            }
        } catch (ReflectiveOperationException | IllegalStateException notToBeHad) {
            // The module is missing, or with -Xrs the signals belong to somebody else.
            return replaced;
        }
        return replaced;
    }

    private static Object handle(Object signal, Object handler) {
        try {
            return signal.getClass()
                    .getMethod("handle", signal.getClass(), Class.forName("sun.misc.SignalHandler"))
                    .invoke(null, signal, handler);
        } catch (ReflectiveOperationException refused) {
            throw new IllegalStateException(refused);
        }
    }

    /** A proxy has the methods of every object too. */
    private static Object answer(Object self, Method method, Object[] arguments, Runnable action) {
        return switch (method.getName()) {
            case "handle" -> {
                action.run();
                yield null;
            }
            case "equals" -> self == arguments[0];
            case "hashCode" -> System.identityHashCode(self);
            default -> "stop signal handler";
        };
    }
}
