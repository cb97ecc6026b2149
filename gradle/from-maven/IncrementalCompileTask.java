package org.gradle.internal.compiler.java;

import java.io.File;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

import javax.annotation.processing.Processor;
import javax.tools.JavaCompiler;

/**
 * Stands in for Gradle's class of the same name, which the gradle-api jar leaves out. Gradle's own
 * notes down what each source file depends on; this one only compiles, and the installation's init
 * script turns incremental compilation off.
 */
public class IncrementalCompileTask implements JavaCompiler.CompilationTask {
    private final JavaCompiler.CompilationTask compilation;

    /** Called by Gradle through reflection: the parameter types have to stay as they are. */
    public IncrementalCompileTask(
            JavaCompiler.CompilationTask compilation,
            Function<File, Optional<String>> relativePath,
            Consumer<String> classBackup,
            Consumer<Map<String, Set<String>>> classNames,
            BiConsumer<String, String> publicDependents,
            BiConsumer<String, String> privateDependents) {
        this.compilation = compilation;
    }

    @Override
    public void addModules(Iterable<String> moduleNames) {
        compilation.addModules(moduleNames);
    }

    @Override
    public void setProcessors(Iterable<? extends Processor> processors) {
        compilation.setProcessors(processors);
    }

    @Override
    public void setLocale(Locale locale) {
        compilation.setLocale(locale);
    }

    @Override
    public Boolean call() {
        return compilation.call();
    }
}
