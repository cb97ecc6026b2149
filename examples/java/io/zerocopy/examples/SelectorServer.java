package io.zerocopy.examples;

import io.zerocopy.End;
import io.zerocopy.Transfer;
import io.zerocopy.TransferResult;
import io.zerocopy.ZeroCopySender;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Serves files of a folder, and echoes, to many clients on one thread: a selector, and for each
 * client that gets an answer a {@link Transfer}, which is run whenever its socket is ready.
 *
 * <pre>
 *     java -cp zerocopy-nio.jar SelectorServer.java FOLDER PORT    # PORT 0 for any, it is printed
 * </pre>
 *
 * A client sends lines, as many as it likes, and gets the answers in the same order:
 *
 * <pre>
 *     GET name       "OK size" and the file
 *     MEMORY name    the same, of a file that is kept in memory; no longer than 1 MiB
 *     ECHO size      and so many bytes: "OK size" and the same bytes
 *     anything else  "NO"
 * </pre>
 */
public final class SelectorServer implements AutoCloseable {
    private static final int BACKLOG = 1000;
    private static final int LINE_BYTES_MAX = 256;
    private static final long MEMORY_BYTES_MAX = 1 << 20;

    /** With so much on its way a client gets a file from the disk: there is a bound of 4 MiB. */
    private static final long IN_FLIGHT_BYTES_MAX = 2 << 20;

    /** No operation of a selector is 0. */
    private static final int CLOSE = 0;

    private final Path folder;
    private final Map<String, ByteBuffer> memory = new HashMap<>();
    private final Selector selector = Selector.open();
    private final ServerSocketChannel server = ServerSocketChannel.open();

    // Written by the thread that runs the server.
    private volatile int clients;
    private volatile long requests;
    private volatile long selects;
    private volatile long idleSelects;
    private volatile long turnBytesMax;

    /**
     * Listens on the loopback address.
     *
     * @param folder the files
     * @param port 0 for any
     * @throws IOException if it is in use
     */
    public SelectorServer(Path folder, int port) throws IOException {
        this.folder = folder;
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    /**
     * What it has done until now: a server that spins is seen by its idle selects.
     *
     * @param clients connected now
     * @param requests answered, or being answered
     * @param selects returns of {@code select}
     * @param idleSelects those after which nothing was moved, accepted or closed
     * @param turnBytesMax the most that one client got before others had their turn
     */
    public record Counts(
            int clients, long requests, long selects, long idleSelects, long turnBytesMax) {}

    /** Starts it on the main thread. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        try (SelectorServer server = new SelectorServer(folder, Integer.parseInt(arguments[1]))) {
            System.out.println("listening on port " + server.address().getPort());
            server.run();
        }
    }

    /**
     * Where it listens.
     *
     * @throws IOException if it is closed
     */
    public InetSocketAddress address() throws IOException {
        return (InetSocketAddress) server.getLocalAddress();
    }

    /** What it has done until now. From any thread. */
    public Counts counts() {
        return new Counts(clients, requests, selects, idleSelects, turnBytesMax);
    }

    /**
     * Serves until it is closed.
     *
     * @throws IOException if the selector fails, or no connection can be accepted
     */
    public void run() throws IOException {
        try {
            while (server.isOpen()) {
                selector.select();
                boolean isIdle = true;
                for (SelectionKey key : selector.selectedKeys()) {
                    boolean hasDone =
                            key.attachment() instanceof Client client ? client.serve() : accept();
                    isIdle &= !hasDone;
                }
                selector.selectedKeys().clear();
                selects = selects + 1;
                idleSelects = idleSelects + (isIdle ? 1 : 0);
            }
        } finally {
            for (SelectionKey key : selector.keys()) {
                if (key.attachment() instanceof Client client) {
                    client.close();
                }
            }
            selector.close();
        }
    }

    /** Ends {@link #run}. From any thread. */
    @Override
    public void close() throws IOException {
        server.close();
        selector.wakeup();
    }

    private boolean accept() throws IOException {
        SocketChannel socket = null;
        try {
            socket = server.accept();
        } catch (ClosedChannelException e) {
            // The server is being closed.
        }
        if (socket == null) {
            return false;
        }
        socket.configureBlocking(false);
        Client client = new Client(socket);
        client.key = socket.register(selector, SelectionKey.OP_READ, client);
        clients = clients + 1;
        return true;
    }

    /** A connection, and how far it is. */
    private final class Client {
        private final SocketChannel socket;
        private SelectionKey key;

        /** What was read and not looked at: at first a line, then maybe bytes to echo. */
        private final ByteBuffer input = ByteBuffer.allocate(LINE_BYTES_MAX);

        /** The answer that is being given, or null. */
        private Transfer answer;

        /** How much of it had been given before. */
        private long answeredBytes;

        /** For answers from memory, once there was one. */
        private ZeroCopySender sender;

        private boolean hasDone;

        Client(SocketChannel socket) {
            this.socket = socket;
        }

        /**
         * Does what can be done without waiting, up to one answer; says whether it was anything.
         */
        boolean serve() {
            hasDone = false;
            try {
                int operation = step();
                if (operation == CLOSE) {
                    close();
                } else {
                    key.interestOps(operation);
                }
            } catch (IOException | UncheckedIOException e) {
                // The client is gone, or a file can't be read: others go on.
                close();
            }
            return hasDone;
        }

        /** Returns what to wait for. */
        private int step() throws IOException {
            if (sender != null) {
                // What the kernel reports would wake the selector until somebody takes it.
                hasDone |= sender.reap() > 0;
            }
            if (answer == null && !isSending()) {
                boolean isAtEnd = !hasLine() && !read();
                if (!hasLine()) {
                    // A line that does not fit will never be whole.
                    return isAtEnd || !input.hasRemaining() ? CLOSE : SelectionKey.OP_READ;
                }
                begin(nextLine());
            }
            if (answer != null) {
                End end = runAnswer();
                if (end == End.WAIT_SOURCE) {
                    return SelectionKey.OP_READ;
                }
                if (end == End.WAIT_TARGET) {
                    return SelectionKey.OP_WRITE;
                }
                answer.close();
                answer = null;
                if (end == End.SOURCE_ENDED) {
                    return CLOSE;
                }
            }
            // There is no event for what was read before; for room to write there is one at once.
            return isSending() || hasLine() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
        }

        private End runAnswer() throws IOException {
            TransferResult result = answer.run();
            long turnBytes = result.delivered() - answeredBytes;
            answeredBytes = result.delivered();
            turnBytesMax = Math.max(turnBytesMax, turnBytes);
            boolean isOver = result.end() != End.WAIT_SOURCE && result.end() != End.WAIT_TARGET;
            hasDone |= turnBytes > 0 || isOver;
            return result.end();
        }

        /** Nothing else may be written before this is over. */
        private boolean isSending() {
            return sender != null && sender.bytesUnsent() > 0;
        }

        private void begin(String line) throws IOException {
            requests = requests + 1;
            hasDone = true;
            answeredBytes = 0;
            String[] words = line.split(" ", 2);
            String word = words.length == 2 ? words[1] : "";
            if (words[0].equals("ECHO") && word.matches("[0-9]{1,18}")) {
                echo(Long.parseLong(word));
                return;
            }
            // No name leads out of the folder.
            Path path = word.matches("[A-Za-z0-9][A-Za-z0-9._-]*") ? folder.resolve(word) : null;
            if (path == null || !Files.isRegularFile(path)) {
                answer = headerOnly("NO\n");
            } else if (words[0].equals("GET")) {
                sendFile(path);
            } else if (words[0].equals("MEMORY")) {
                sendMemory(path);
            } else {
                answer = headerOnly("NO\n");
            }
        }

        private void sendFile(Path path) throws IOException {
            long size = Files.size(path);
            answer = Transfer.from(path).count(size).header(ok(size)).to(socket).build();
        }

        private void sendMemory(Path path) throws IOException {
            if (sender == null) {
                sender = ZeroCopySender.open(socket);
            }
            ByteBuffer content = memory.get(path.toString());
            if (content == null && Files.size(path) <= MEMORY_BYTES_MAX) {
                content = direct(ByteBuffer.wrap(Files.readAllBytes(path)));
                memory.put(path.toString(), content);
            }
            if (content == null || sender.bytesInFlight() > IN_FLIGHT_BYTES_MAX) {
                sendFile(path);
                return;
            }
            sender.send(direct(ok(content.remaining())));
            sender.send(content.duplicate());
        }

        /** What has come with the line already goes out as a header. */
        private void echo(long size) {
            input.flip();
            int early = (int) Math.min(size, input.remaining());
            ByteBuffer first = input.slice(0, early);
            answer =
                    Transfer.from(socket)
                            .count(size - early)
                            .header(ok(size), first)
                            .to(socket)
                            .build();
            input.position(early);
            input.compact();
        }

        /** Takes nothing from its source. */
        private Transfer headerOnly(String text) {
            return Transfer.from(socket).count(0).header(ascii(text)).to(socket).build();
        }

        /** Reads what there is; false at the end of the stream. */
        private boolean read() throws IOException {
            int read = socket.read(input);
            hasDone |= read != 0;
            return read >= 0;
        }

        private boolean hasLine() {
            return lineBytes() >= 0;
        }

        private int lineBytes() {
            for (int at = 0; at < input.position(); at++) {
                if (input.get(at) == '\n') {
                    return at;
                }
            }
            return -1;
        }

        private String nextLine() {
            byte[] line = new byte[lineBytes()];
            input.flip().get(line).get();
            input.compact();
            return new String(line, StandardCharsets.US_ASCII);
        }

        void close() {
            hasDone = true;
            clients = clients - 1;
            if (answer != null) {
                answer.close();
            }
            if (sender != null) {
                sender.close();
            }
            try {
                socket.close();
            } catch (IOException e) {
                // It is closed all the same.
            }
        }
    }

    private static ByteBuffer ok(long size) {
        return ascii("OK " + size + "\n");
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static ByteBuffer direct(ByteBuffer bytes) {
        return ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
    }
}
