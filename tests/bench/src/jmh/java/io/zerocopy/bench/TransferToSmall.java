package io.zerocopy.bench;

import io.zerocopy.bench.mover.Method;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A small hot file down a kept-open connection: what a server of small files does all day. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@State(Scope.Thread)
public class TransferToSmall {
    @Param({"64", "512", "4096", "16384", "65536"})
    private long bytes;

    /** The {@link Method#word}. */
    @Param({"jdk_transfer_to", "zc_transfer_to"})
    private String method;

    private HotConnection connection;
    private Method.Moving moving;

    @Setup(Level.Trial)
    public void open() throws IOException, BenchException {
        connection = HotConnection.open(bytes);
        moving = Method.of(method).open();
    }

    @TearDown(Level.Trial)
    public void close() throws IOException {
        connection.close();
    }

    @Benchmark
    public void transfer() throws IOException {
        moving.move(connection.source(), connection.target(), bytes);
    }
}
