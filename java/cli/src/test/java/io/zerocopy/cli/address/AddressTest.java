package io.zerocopy.cli.address;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Goal: addresses are read as people write them. Method: a table, and real sockets. */
class AddressTest {
    @ParameterizedTest
    @CsvSource({
        "example.org:80, example.org, 80, true, true",
        "10.0.0.1:65535, 10.0.0.1, 65535, false, true",
        "[::1]:80, ::1, 80, false, true",
        "[fe80::1%1]:80, fe80::1%1, 80, false, true",
        "localhost:0, localhost, 0, true, false",
    })
    void readsHostAndPort(String text, String host, int port, boolean isName, boolean isTarget) {
        Address address = Address.parse(text);
        assertEquals(new Address(host, port, null), address);
        assertEquals(text, address.toString());
        assertEquals(isName, address.isName());
        assertEquals(isTarget, address.isTarget());
    }

    @ParameterizedTest
    @ValueSource(strings = {":80", "*:80"})
    void noHostIsEveryAddress(String text) {
        Address address = Address.parse(text);
        assertEquals(new Address("", 80, null), address);
        assertFalse(address.isTarget());
    }

    @Test
    void readsAPath() {
        Address address = Address.parse("unix:/run/a:b");
        assertEquals(Path.of("/run/a:b"), address.path());
        assertTrue(address.isUnix() && address.isTarget() && !address.isName());
        assertEquals("unix:/run/a:b", address.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host",
                "host:",
                "host:x",
                "host:-1",
                "host:65536",
                "host:99999999999",
                "::1:80",
                "[::1]",
                "[]:80",
                "a[b]:80",
                "unix:"
            })
    void refusesEverythingElseAndNamesIt(String text) {
        Exception refusal = assertThrows(IllegalArgumentException.class, () -> Address.parse(text));
        assertTrue(refusal.getMessage().startsWith("'" + text + "'"), refusal.getMessage());
    }

    @Test
    void refusesAPathThatNoSocketCanHave() {
        String path = "unix:/" + "x".repeat(107);
        assertThrows(IllegalArgumentException.class, () -> Address.parse(path));
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 127.0.0.1:7",
        "::1, [::1]:7",
        "::, *:7",
        "0.0.0.0, *:7",
        "2001:db8::1, [2001:db8::1]:7",
        "2001:db8:0:1::, [2001:db8:0:1::]:7",
        "1:2:3:4:5:6:7:8, [1:2:3:4:5:6:7:8]:7",
    })
    void writesWhatASocketHasAsItIsRead(String host, String text) {
        assertEquals(text, Address.text(new InetSocketAddress(host, 7)));
    }

    @Test
    void listensWhereAKilledProcessLeftItsSocket(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("socket");
        Address address = Address.parse("unix:" + path);
        ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        left.bind(UnixDomainSocketAddress.of(path));
        Exception alive = assertThrows(Exception.class, () -> Listener.open(address, 1));
        assertTrue(alive.getMessage().contains("Address already in use"), alive.getMessage());
        left.close();
        try (Listener listener = Listener.open(address, 1)) {
            assertEquals("unix:" + path, listener.address());
        }
        assertTrue(Files.notExists(path));
    }

    @Test
    void neverRemovesWhatIsNoSocket(@TempDir Path folder) throws Exception {
        Path path = Files.writeString(folder.resolve("file"), "precious");
        Address address = Address.parse("unix:" + path);
        assertThrows(Exception.class, () -> Listener.open(address, 1));
        assertEquals("precious", Files.readString(path));
    }
}
