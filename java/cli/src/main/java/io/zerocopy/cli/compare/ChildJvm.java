package io.zerocopy.cli.compare;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Starts this program once more, in a process of its own, and ends with its parent. */
public final class ChildJvm {
    private static final String MAIN_CLASS = "io.zerocopy.cli.Main";

    /** What decides how the library behaves. A debugger's port, say, cannot be had twice. */
    private static final List<String> INHERITED =
            List.of("-D", "--enable-native-access", "--illegal-native-access", "-Xcheck:jni");

    private ChildJvm() {}

    /** The command that runs a subcommand of this program on the same JDK and class path. */
    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
            if (INHERITED.stream().anyMatch(option::startsWith)) {
                command.add(option);
            }
        }
        command.add("-cp");
        command.add(absolute(System.getProperty("java.class.path")));
        command.add(MAIN_CLASS);
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Called by the child: ends it when its standard input ends, which happens however the parent
     * ended, so that no process stays behind.
     */
    public static void endWithParent() {
        Thread watcher =
                new Thread(
                        () -> {
                            try {
                                while (System.in.read() >= 0) {
                                    continue;
                                }
                            } catch (IOException closed) {
                                // The same as the end of the stream: the parent is gone.
                            }
                            Runtime.getRuntime().halt(0);
                        },
                        "parent watcher");
        watcher.setDaemon(true);
        watcher.start();
    }

    private static String absolute(String classPath) {
        List<String> entries = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator)) {
            entries.add(Path.of(entry).toAbsolutePath().toString());
        }
        return String.join(File.pathSeparator, entries);
    }
}
