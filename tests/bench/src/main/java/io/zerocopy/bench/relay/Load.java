package io.zerocopy.bench.relay;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Child;
import io.zerocopy.bench.Options;
import io.zerocopy.bench.Workspace;

import java.util.List;
import java.util.stream.Stream;

/** The C program that connects to proxies and that they connect to: tests/bench/c/load. */
final class Load {
    private static final String NAME = "load";
    static final String ADDRESS = "127.0.0.1";

    private final Child child;
    private final int port;

    private Load(Child child) throws BenchException {
        this.child = child;
        this.port = Integer.parseInt(child.await("listening"));
    }

    /** It ends with the workspace. */
    static Load start(Options options, Workspace workspace) throws BenchException {
        String program = options.programs.resolve(NAME).toAbsolutePath().toString();
        return new Load(new Child(NAME, workspace.start(List.of(program, ADDRESS))));
    }

    /** Where proxies have to connect to. */
    int port() {
        return port;
    }

    void open(int proxyPort, int connections) throws BenchException {
        ask("opened", "open", proxyPort, connections);
    }

    /** So many bytes over each connection each way, which have to be the same when they come. */
    void check(long bytes) throws BenchException {
        ask("checked", "check", bytes);
    }

    /**
     * Wall time and the proxy's CPU time in nanoseconds, of so many bytes over all together, sent
     * so many at most by a call.
     */
    long[] bulk(ProxyProcess proxy, long bytes, int callBytes) throws BenchException {
        return ask("done", "bulk", proxy.pid(), bytes, callBytes);
    }

    /** Wall time, the proxy's CPU time, p50 and p99, in nanoseconds, of so many exchanges. */
    long[] ping(ProxyProcess proxy, int exchanges) throws BenchException {
        return ask("done", "ping", proxy.pid(), exchanges);
    }

    /** What the proxy has used until now. */
    long cpuNanos(ProxyProcess proxy) throws BenchException {
        return ask("cpu", "cpu", proxy.pid())[0];
    }

    /** All connections; each end has to come through the proxy, and nothing before it. */
    void close() throws BenchException {
        ask("closed", "close");
    }

    private long[] ask(String expected, String command, long... numbers) throws BenchException {
        StringBuilder line = new StringBuilder(command);
        for (long number : numbers) {
            line.append(' ').append(number);
        }
        return numbersIn(child.ask(line.toString()), expected);
    }

    /** What stands behind the word that the answer has to begin with. */
    static long[] numbersIn(String answer, String word) throws BenchException {
        String[] words = answer.split(" ");
        if (!words[0].equals(word)) {
            throw new BenchException(NAME + " said \"" + answer + "\" instead of " + word);
        }
        return Stream.of(words).skip(1).mapToLong(Long::parseLong).toArray();
    }
}
