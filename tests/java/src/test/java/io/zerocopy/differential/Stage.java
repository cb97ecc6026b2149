package io.zerocopy.differential;

import io.zerocopy.fixture.Jvm;
import io.zerocopy.fixture.Jvm.ThreadKind;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/** The ends of one scenario, on which it runs once. */
final class Stage implements Closeable {
    private final Scenario scenario;
    private final OpenFile file;
    private final OpenEnd other;
    private boolean interrupted;

    private Stage(Scenario scenario, Path folder) throws IOException {
        this.scenario = scenario;
        file = new OpenFile(scenario.file(), folder);
        other = open(scenario.other(), folder);
    }

    private OpenEnd open(End end, Path folder) throws IOException {
        if (end instanceof ChannelEnd) {
            return new OpenChannel((ChannelEnd) end);
        }
        return end instanceof SameFileEnd
                ? file.again((SameFileEnd) end)
                : new OpenFile((FileEnd) end, folder);
    }

    /** Makes new ends and calls the method. */
    static Answer answer(Scenario scenario, Method method, Path folder) throws IOException {
        try (Stage stage = new Stage(scenario, folder)) {
            return stage.answer(method);
        }
    }

    private Answer answer(Method method) throws IOException {
        String result =
                scenario.thread() == ThreadKind.PLATFORM
                        ? call(method)
                        : Jvm.run(ThreadKind.VIRTUAL, "caller", () -> call(method)).await();
        String fileState = file.state();
        String otherState = other.state();
        String content = other.content();
        if (!scenario.isTransferTo()) {
            content = file.content() + (scenario.channel() == null ? "" : ", " + content);
        } else if (!scenario.isCountDetermined() && !result.startsWith("0")) {
            result = "some";
        }
        return new Answer(result, interrupted, fileState, otherState, content);
    }

    private String call(Method method) {
        if (scenario.isInterrupted()) {
            Thread.currentThread().interrupt();
        }
        String result;
        try {
            long count =
                    method.call(
                            scenario.operation(),
                            file.channel(),
                            scenario.position(),
                            scenario.count(),
                            other.channel());
            result = String.valueOf(count);
        } catch (IOException | RuntimeException | Error e) {
            result = Answer.resultOf(e);
        }
        interrupted = Thread.interrupted();
        return result;
    }

    @Override
    public void close() throws IOException {
        other.close();
        file.close();
    }
}
