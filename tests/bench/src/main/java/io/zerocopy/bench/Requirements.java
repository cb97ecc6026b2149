package io.zerocopy.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What the system has to have for a row. Looked at before anything runs, so that nobody learns
 * after half an hour that a package was missing.
 */
final class Requirements {
    private static final int ROOT = 0;

    private final boolean isRoot;
    private final Function<Tool, Optional<Path>> find;

    Requirements(boolean isRoot, Function<Tool, Optional<Path>> find) {
        this.isRoot = isRoot;
        this.find = find;
    }

    /** Those of this process on this machine. */
    static Requirements ofThisMachine() throws BenchException {
        try {
            Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return new Requirements(user.equals(ROOT), Tool::find);
        } catch (IOException e) {
            throw new BenchException("can't tell whether this is root: " + e.getMessage(), e);
        }
    }

    /** The rows that can be measured; the setting skips the others, each with its reasons. */
    List<Row> met(List<Row> rows, Setting setting) {
        List<Row> met = new ArrayList<>();
        for (Row row : rows) {
            List<String> reasons = unmet(row);
            if (reasons.isEmpty()) {
                met.add(row);
            } else {
                setting.skip("row " + row.word(), String.join("; ", reasons));
            }
        }
        if (setting.options().strace && find.apply(Tool.STRACE).isEmpty()) {
            setting.skip("system calls of all rows", Tool.STRACE.absence());
        }
        return met;
    }

    /** All that lacks, and not the first thing only. */
    private List<String> unmet(Row row) {
        List<String> reasons = new ArrayList<>();
        if (row.needsRoot() && !isRoot) {
            reasons.add("only root may mount file systems and make network namespaces");
        }
        row.tools().stream()
                .filter(tool -> find.apply(tool).isEmpty())
                .map(Tool::absence)
                .forEach(reasons::add);
        return reasons;
    }
}
