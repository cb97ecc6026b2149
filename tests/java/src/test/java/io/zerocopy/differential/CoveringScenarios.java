package io.zerocopy.differential;

import io.zerocopy.differential.Dimensions.ChannelKind;
import io.zerocopy.differential.Dimensions.ChannelState;
import io.zerocopy.differential.Dimensions.Content;
import io.zerocopy.differential.Dimensions.Count;
import io.zerocopy.differential.Dimensions.FileKind;
import io.zerocopy.differential.Dimensions.FileState;
import io.zerocopy.differential.Dimensions.Interrupt;
import io.zerocopy.differential.Dimensions.Mode;
import io.zerocopy.differential.Dimensions.Operation;
import io.zerocopy.differential.Dimensions.Position;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Scenarios that have all pairs of everything, three times over: of whole ends and whole ranges
 * where both are valid, because something invalid hides everything else; then of all single values,
 * on platform threads and on virtual ones.
 */
final class CoveringScenarios {
    private CoveringScenarios() {}

    private record Range(Position position, Count count) {}

    static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        for (Operation operation : Operation.values()) {
            all.addAll(valid(operation));
            for (ThreadKind thread : ThreadKind.values()) {
                all.addAll(anything(operation, thread));
            }
        }
        // Two covers may have the same row.
        return all.stream().distinct().collect(Collectors.toList());
    }

    private static List<Scenario> valid(Operation operation) {
        List<Range> ranges = new ArrayList<>();
        for (Position position : Position.values()) {
            for (Count count : Count.values()) {
                if (position.isValid() && count.isValid()) {
                    ranges.add(new Range(position, count));
                }
            }
        }
        List<List<?>> dimensions =
                List.of(
                        files(operation).filter(End::isValid).toList(),
                        others(operation).filter(End::isValid).toList(),
                        ranges);
        return Cover.of(dimensions, List::of).stream()
                .map(
                        row ->
                                scenario(
                                        operation,
                                        (FileEnd) row.get(0),
                                        (End) row.get(1),
                                        (Range) row.get(2),
                                        Interrupt.NO,
                                        ThreadKind.PLATFORM))
                .toList();
    }

    private static List<Scenario> anything(Operation operation, ThreadKind thread) {
        List<List<?>> dimensions =
                List.of(
                        files(operation).toList(),
                        others(operation).toList(),
                        List.of(Position.values()),
                        List.of(Count.values()),
                        List.of(Interrupt.values()));
        Function<Object, List<Object>> parts =
                choice -> choice instanceof End ? ((End) choice).parts() : List.of(choice);
        return Cover.of(dimensions, parts).stream()
                .map(
                        row ->
                                scenario(
                                        operation,
                                        (FileEnd) row.get(0),
                                        (End) row.get(1),
                                        new Range((Position) row.get(2), (Count) row.get(3)),
                                        (Interrupt) row.get(4),
                                        thread))
                .toList();
    }

    /** The files whose method is called. */
    private static Stream<FileEnd> files(Operation operation) {
        return filesAs(operation == Operation.TRANSFER_TO);
    }

    private static Stream<End> others(Operation operation) {
        boolean isSource = operation == Operation.TRANSFER_FROM;
        return Stream.concat(filesAs(isSource), channelsAs(isSource));
    }

    private static Stream<FileEnd> filesAs(boolean isSource) {
        Stream.Builder<FileEnd> ends = Stream.builder();
        for (FileKind kind : FileKind.values()) {
            for (Content content : Content.values()) {
                for (FileState state : FileState.values()) {
                    ends.add(new FileEnd(isSource, kind, content, state));
                }
            }
        }
        return ends.build().filter(Impossible::isPossible);
    }

    private static Stream<ChannelEnd> channelsAs(boolean isSource) {
        Stream.Builder<ChannelEnd> ends = Stream.builder();
        for (ChannelKind kind : ChannelKind.values()) {
            for (ChannelState state : ChannelState.values()) {
                for (Mode mode : Mode.values()) {
                    ends.add(new ChannelEnd(isSource, kind, state, mode));
                }
            }
        }
        return ends.build().filter(Impossible::isPossible);
    }

    private static Scenario scenario(
            Operation operation,
            FileEnd file,
            End other,
            Range range,
            Interrupt interrupt,
            ThreadKind thread) {
        String arrow = operation == Operation.TRANSFER_TO ? " -> " : " <- ";
        String name =
                String.format(
                        "%s%s%s, position %s, count %s%s%s",
                        file,
                        arrow,
                        other,
                        range.position,
                        range.count,
                        interrupt == Interrupt.NO ? "" : ", interrupted",
                        thread == ThreadKind.PLATFORM ? "" : ", virtual");
        return new Scenario(
                name,
                operation,
                file,
                other,
                range.position.in(file),
                range.count.value,
                interrupt,
                thread);
    }
}
