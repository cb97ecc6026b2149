package io.zerocopy.cli.compare;

import java.io.IOException;
import java.util.List;

/** Reads the "name: number" lines that files under /proc are made of. */
final class ProcFields {
    private ProcFields() {}

    static long number(List<String> lines, String name) throws IOException {
        for (String line : lines) {
            if (line.startsWith(name)) {
                return Long.parseLong(line.substring(name.length()).strip());
            }
        }
        throw new IOException("this kernel does not tell " + name);
    }
}
