package io.zerocopy.bench.relay.proxy;

import io.zerocopy.ZeroCopy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.StringJoiner;

/**
 * A proxy under test: {@code ProxyMain KIND PORT...}. For each port of the loopback address it
 * listens on another one, connects to the former whatever comes there, and moves bytes both ways.
 * It prints "listening" with its own ports in the same order, and ends when its standard input
 * ends.
 */
public final class ProxyMain {
    private ProxyMain() {}

    public static void main(String[] arguments) throws IOException {
        // Numbers of the fallback under the name of the library would be false.
        ZeroCopy.ensureAvailability();
        Proxy proxy = ProxyKind.of(arguments[0]).open();
        StringJoiner answer = new StringJoiner(" ", "listening ", "");
        for (int i = 1; i < arguments.length; i++) {
            InetSocketAddress backend = at(Integer.parseInt(arguments[i]));
            answer.add("" + proxy.listen(at(0), backend));
        }
        System.out.println(answer);
        while (System.in.read() >= 0) {
            // Nothing that comes means anything but its end.
        }
        System.exit(0);
    }

    private static InetSocketAddress at(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
