package io.zerocopy.cli.compare;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How often one transfer entered the kernel, by the name of the call. */
public record SystemCalls(Map<String, Long> byName) {
    public SystemCalls {
        byName = Map.copyOf(byName);
    }

    public long total() {
        return byName.values().stream().mapToLong(Long::longValue).sum();
    }

    /** "read=855 write=855", in alphabetical order. */
    @Override
    public String toString() {
        return new TreeMap<>(byName)
                .entrySet().stream()
                        .map(call -> call.getKey() + "=" + call.getValue())
                        .collect(Collectors.joining(" "));
    }
}
