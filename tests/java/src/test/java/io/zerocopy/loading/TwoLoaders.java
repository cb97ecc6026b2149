package io.zerocopy.loading;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Map;

/** A main class that has the library and the report twice, as an application server does. */
public final class TwoLoaders {
    private TwoLoaders() {}

    public static void main(String[] arguments) throws Exception {
        try (URLClassLoader first = newLoader(arguments);
                URLClassLoader second = newLoader(arguments)) {
            report("first", first);
            report("second", second);
            report("again", first);
        }
    }

    private static URLClassLoader newLoader(String[] classPath) throws Exception {
        URL[] urls = new URL[classPath.length];
        for (int index = 0; index < urls.length; index++) {
            urls[index] = Path.of(classPath[index]).toUri().toURL();
        }
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }

    private static void report(String name, ClassLoader loader) throws Exception {
        Class<?> report = Class.forName(Report.class.getName(), true, loader);
        Map<?, ?> values = (Map<?, ?>) report.getMethod("describe").invoke(null);
        values.forEach((key, value) -> System.out.println(name + "." + key + "=" + value));
    }
}
