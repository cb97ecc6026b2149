package io.zerocopy.bench;

import io.zerocopy.ZeroCopy;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * A transfer of nothing: what the checks, locks and registrations around a transfer cost. The JDK
 * makes its system calls for nothing too; ZeroCopy returns before them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@State(Scope.Thread)
public class GuardCost {
    private static final long FILE_BYTES = 4096;

    private HotConnection connection;

    @Setup(Level.Trial)
    public void open() throws IOException, BenchException {
        connection = HotConnection.open(FILE_BYTES);
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        connection.close();
    }

    @Benchmark
    public long jdk() throws IOException {
        return connection.file().transferTo(0, 0, connection.socket());
    }

    @Benchmark
    public long zerocopy() throws IOException {
        return ZeroCopy.transferTo(connection.file(), 0, 0, connection.socket());
    }
}
