package io.zerocopy.cli.address;

import io.zerocopy.cli.terminal.CommandException;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where to listen or to connect, as people write it: {@code example.org:80}, {@code 10.0.0.1:80},
 * {@code [::1]:80}, {@code unix:/run/service.socket}; {@code :80} and {@code *:80} stand for every
 * address of this machine.
 *
 * @param host a name or a number, without brackets; empty for every address; null for a path
 * @param port 0 to 65535; 0 is any that is free
 * @param path of a UNIX socket; null for TCP
 */
public record Address(String host, int port, Path path) {
    private static final String UNIX = "unix:";
    private static final Pattern TCP = Pattern.compile("(?:\\[([^\\[\\]]+)]|([^:\\[\\]]*)):(\\d+)");
    private static final Pattern NUMERIC_IPV4 = Pattern.compile("\\d+(\\.\\d+){3}");
    private static final Pattern ZEROS = Pattern.compile("(?:^|:)(?:0(?::|(?=%)|$)){2,}");
    private static final int PORT_MAX = 65_535;

    /** What {@code sockaddr_un} has room for, without the zero at its end. */
    private static final int PATH_BYTES_MAX = 107;

    public static Address parse(String text) {
        String stripped = text.strip();
        if (stripped.startsWith(UNIX)) {
            return unix(text, stripped.substring(UNIX.length()));
        }
        Matcher written = TCP.matcher(stripped);
        if (!written.matches()) {
            boolean isBareIpv6 = stripped.indexOf(':') != stripped.lastIndexOf(':');
            throw unreadable(
                    text,
                    isBareIpv6
                            ? "an IPv6 address goes into brackets, as in [::1]:80"
                            : "write it like host:80, 10.0.0.1:80, [::1]:80 or unix:/path");
        }
        String port = written.group(3);
        if (port.length() > 5 || Integer.parseInt(port) > PORT_MAX) {
            throw unreadable(text, "a port is not larger than " + PORT_MAX);
        }
        String host = written.group(1) == null ? written.group(2) : written.group(1);
        return new Address(host.equals("*") ? "" : host, Integer.parseInt(port), null);
    }

    /** Whether it says what to connect to, and not only where to listen. */
    public boolean isTarget() {
        return isUnix() || !host.isEmpty() && port != 0;
    }

    public boolean isUnix() {
        return path != null;
    }

    /** Whether somebody else must be asked what the name stands for, which can take long. */
    public boolean isName() {
        return !isUnix() && host.indexOf(':') < 0 && !NUMERIC_IPV4.matcher(host).matches();
    }

    /** All that it stands for, at least one, in the order in which to try them. */
    public List<SocketAddress> resolve() throws UnknownHostException {
        if (isUnix()) {
            return List.of(UnixDomainSocketAddress.of(path));
        }
        return Arrays.stream(InetAddress.getAllByName(host))
                .<SocketAddress>map(address -> new InetSocketAddress(address, port))
                .toList();
    }

    /** What to bind to. */
    SocketAddress toBind() throws CommandException {
        if (isUnix()) {
            return UnixDomainSocketAddress.of(path);
        }
        if (host.isEmpty()) {
            return new InetSocketAddress(port);
        }
        try {
            return resolve().get(0);
        } catch (UnknownHostException unknown) {
            throw new CommandException("there is no host '" + host + "'", unknown);
        }
    }

    /** As it can be parsed again. */
    @Override
    public String toString() {
        if (isUnix()) {
            return UNIX + path;
        }
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** The address of a socket, written as those on the command line are. */
    public static String text(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) {
            return UNIX + unix.getPath();
        }
        InetSocketAddress tcp = (InetSocketAddress) address;
        return new Address(host(tcp.getAddress()), tcp.getPort(), null).toString();
    }

    /** The JDK writes all the zeros of an IPv6 address. */
    private static String host(InetAddress address) {
        if (address.isAnyLocalAddress()) {
            return "*";
        }
        String all = address.getHostAddress();
        return address instanceof Inet6Address ? ZEROS.matcher(all).replaceFirst("::") : all;
    }

    private static Address unix(String text, String path) {
        int bytes = path.getBytes().length;
        if (bytes == 0 || bytes > PATH_BYTES_MAX) {
            throw unreadable(text, "the path has 1 to " + PATH_BYTES_MAX + " bytes");
        }
        return new Address(null, 0, Path.of(path));
    }

    private static IllegalArgumentException unreadable(String text, String advice) {
        return new IllegalArgumentException("'" + text + "' is not a usable address: " + advice);
    }
}
