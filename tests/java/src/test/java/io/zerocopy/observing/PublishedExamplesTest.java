package io.zerocopy.observing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.fixture.Await;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Goal: the examples that users copy compile and do what they show.
 *
 * <p>Method: each is taken out of the documentation as it stands there, compiled and run; the peer
 * at the other end must get the file.
 */
class PublishedExamplesTest {
    private static final Path SOURCES =
            ProjectFiles.root().resolve("java/nio/src/main/java/io/zerocopy");
    private static final Pattern JAVADOC_EXAMPLE =
            Pattern.compile("<pre>\\{@code\\n(.*?)\\n *\\* }</pre>", Pattern.DOTALL);
    private static final Pattern README_EXAMPLE =
            Pattern.compile("```java\\n(import [^`]*public class (Send\\w*) [^`]*)```");
    private static final Pattern README_PROXY =
            Pattern.compile("```java\\n(import [^`]*public class Proxy [^`]*)```");
    private static final List<String> SENDING =
            List.of(
                    "transferTo(",
                    ".to(socket)",
                    "copy(file, socket)",
                    "copy(client, backend",
                    "relay.",
                    "engine.",
                    ".send(");
    private static final String PORT_IN_README = "7000";

    @TempDir Path folder;

    private byte[] content;
    private Path file;

    @BeforeEach
    void makeFile() throws IOException {
        content = new byte[50_000];
        new Random(1).nextBytes(content);
        file = Files.write(folder.resolve("file"), content);
    }

    /** The classes of the public package: each has examples in the words before its parts. */
    static List<String> documentedTypes() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".java") && !name.equals("package-info.java"))
                    .map(name -> name.substring(0, name.length() - ".java".length()))
                    .filter(PublishedExamplesTest::isPublicClass)
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    @ParameterizedTest
    @MethodSource("documentedTypes")
    void theExamplesOfAPublicTypeDoWhatTheyShow(String type) throws Exception {
        Matcher example =
                JAVADOC_EXAMPLE.matcher(Files.readString(SOURCES.resolve(type + ".java")));
        assertTrue(example.find(), () -> type + " has no example");
        do {
            runExample(example.group(1).replaceAll("(?m)^ *\\* ?", ""));
        } while (example.find());
    }

    private void runExample(String code) throws Exception {
        try (Peer peer = new Peer()) {
            Class<?> program = compile("Example", program(code));
            program.getMethod("run", Path.class, InetSocketAddress.class)
                    .invoke(null, file, peer.address());
            byte[] received = peer.awaitAll();
            boolean sends = SENDING.stream().anyMatch(code::contains);
            // What is before the file may be a header.
            int begin = sends ? Math.max(0, received.length - content.length) : 0;
            assertArrayEquals(
                    sends ? content : new byte[0],
                    Arrays.copyOfRange(received, begin, received.length));
            assertEquals(code.contains(".header("), begin > 0, code);
        }
    }

    @Test
    void theExamplesOfTheReadmeSendAFile() throws Exception {
        String readme = Files.readString(ProjectFiles.root().resolve("README.md"));
        Matcher example = README_EXAMPLE.matcher(readme);
        List<String> names = new ArrayList<>();
        while (example.find()) {
            names.add(example.group(2));
            try (Peer peer = new Peer()) {
                String port = String.valueOf(peer.address().getPort());
                String code = example.group(1).replace(PORT_IN_README, port);
                Class<?> program = compile(example.group(2), code);
                String[] arguments = {file.toString(), peer.address().getHostString()};
                program.getMethod("main", String[].class).invoke(null, (Object) arguments);
                assertArrayEquals(content, peer.awaitAll());
            }
        }
        assertEquals(List.of("Send", "SendSlowly"), names);
    }

    @Test
    void theProxyOfTheReadmePassesOnWhatItsClientsSend() throws Exception {
        String readme = Files.readString(ProjectFiles.root().resolve("README.md"));
        Matcher example = README_PROXY.matcher(readme);
        assertTrue(example.find(), "the README has no proxy");
        Class<?> program = compile("Proxy", example.group(1));
        try (Peer peer = new Peer()) {
            int port = freePort();
            String peerPort = String.valueOf(peer.address().getPort());
            String[] arguments = {String.valueOf(port), peer.address().getHostString(), peerPort};
            Thread proxy =
                    new Thread(
                            () -> {
                                try {
                                    program.getMethod("main", String[].class)
                                            .invoke(null, (Object) arguments);
                                } catch (ReflectiveOperationException e) {
                                    // The interrupt at the end of the test has closed its socket.
                                }
                            });
            proxy.setDaemon(true);
            proxy.start();
            try (SocketChannel client = connect(port)) {
                client.write(ByteBuffer.wrap(content));
                client.shutdownOutput();
                Await.until("the proxy has connected", peer::isConnectedTo);
                assertArrayEquals(content, peer.awaitAll());
                assertEquals(-1, client.read(ByteBuffer.allocate(1)), "the end comes back");
            } finally {
                proxy.interrupt();
                proxy.join();
            }
        }
    }

    private static int freePort() throws IOException {
        try (Peer unused = new Peer()) {
            return unused.address().getPort();
        }
    }

    private static SocketChannel connect(int port) {
        SocketChannel[] client = new SocketChannel[1];
        InetAddress host = InetAddress.getLoopbackAddress();
        Await.until(
                "the proxy listens",
                () -> {
                    try {
                        client[0] = SocketChannel.open(new InetSocketAddress(host, port));
                        return true;
                    } catch (ConnectException e) {
                        return false;
                    }
                });
        return client[0];
    }

    private static boolean isPublicClass(String name) {
        try {
            Class<?> type = Class.forName("io.zerocopy." + name);
            return Modifier.isPublic(type.getModifiers()) && !type.isEnum();
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The example among what it takes for granted: open channels, a path and an address, and a
     * server whose clients send the file.
     */
    private static String program(String example) {
        return String.join(
                "\n",
                "import static java.nio.file.StandardOpenOption.*;",
                "import io.zerocopy.*;",
                "import java.net.InetSocketAddress;",
                "import java.nio.ByteBuffer;",
                "import java.nio.channels.*;",
                "import java.nio.file.Path;",
                "import java.time.Duration;",
                "import static java.nio.file.StandardOpenOption.*;",
                "public class Example {",
                "    static FileChannel file;",
                "    static SocketChannel socket;",
                "    public static void run(Path path, InetSocketAddress address)",
                "            throws Exception {",
                "        try (FileChannel openFile = FileChannel.open(path);",
                "                SocketChannel openSocket = SocketChannel.open(address);",
                "                ServerSocketChannel server = ServerSocketChannel.open()) {",
                "            server.bind(new InetSocketAddress(address.getAddress(), 0));",
                "            feed(server, path);",
                "            try (SocketChannel client = server.accept()) {",
                "                feed(server, path);",
                "                SocketChannel backend = openSocket;",
                "                file = openFile;",
                "                socket = openSocket;",
                relayFor(example),
                example,
                "            }",
                "        }",
                "    }",
                "    private static void feed(ServerSocketChannel server, Path path)",
                "            throws Exception {",
                "        try (FileChannel content = FileChannel.open(path);",
                "                SocketChannel feeder ="
                        + " SocketChannel.open(server.getLocalAddress())) {",
                "            content.transferTo(0, content.size(), feeder);",
                "        }",
                "    }",
                "}");
    }

    /** What an example of a relay takes for granted beside its sockets. */
    private static String relayFor(String example) {
        String engine = "RelayEngine engine = RelayEngine.shared();";
        String relay = "Relay relay = engine.relay(client, backend, RelayOptions.defaults());";
        if (example.contains("relay.") && !example.contains("Relay relay")) {
            return engine + relay;
        }
        boolean isWithoutEngine = example.contains("engine.") && !example.contains(" engine =");
        return isWithoutEngine ? engine : "";
    }

    private Class<?> compile(String name, String code) throws Exception {
        Path source = Files.writeString(folder.resolve(name + ".java"), code);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter errors = new StringWriter();
        String classPath = System.getProperty("java.class.path");
        boolean compiled =
                compiler.getTask(
                                errors,
                                null,
                                null,
                                List.of("-d", folder.toString(), "-cp", classPath, "-proc:none"),
                                null,
                                compiler.getStandardFileManager(null, null, null)
                                        .getJavaFileObjects(source))
                        .call();
        assertTrue(compiled, () -> errors + "\n" + code);
        URL[] urls = {folder.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
            return Class.forName(name, true, loader);
        }
    }

    /** Accepts connections and reads each to its end. */
    private static final class Peer implements AutoCloseable {
        private final ServerSocketChannel server = ServerSocketChannel.open();
        private SocketChannel first;

        Peer() throws IOException {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        }

        InetSocketAddress address() throws IOException {
            return (InetSocketAddress) server.getLocalAddress();
        }

        /** Whether somebody has connected, of whom {@link #awaitAll} reads. */
        boolean isConnectedTo() throws IOException {
            server.configureBlocking(false);
            first = first == null ? server.accept() : first;
            return first != null;
        }

        /** What came, after all who would connect have done so. Small enough to wait unread. */
        byte[] awaitAll() throws IOException {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            while (isConnectedTo()) {
                SocketChannel connection = first;
                first = null;
                try (InputStream in = connection.socket().getInputStream()) {
                    all.writeBytes(in.readAllBytes());
                }
            }
            return all.toByteArray();
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
