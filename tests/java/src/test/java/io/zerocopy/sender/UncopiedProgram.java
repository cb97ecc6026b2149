package io.zerocopy.sender;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zerocopy.Completion;
import io.zerocopy.Completion.CopyCause;
import io.zerocopy.SendBuffer;
import io.zerocopy.ZeroCopySender;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Sends to a {@link PatternPeer} over a network on which the kernel need not copy. */
public final class UncopiedProgram {
    /** What the peer is told to read. */
    static final byte READ_STREAM = 1;

    private static final byte READ_DATAGRAMS = 2;

    /** The size of a message by UDP. */
    static final int DATAGRAM_BYTES = 50_000;

    private static final int SEGMENT_BYTES = 1400;
    private static final int MESSAGE_BYTES = 256 << 10;
    private static final int MESSAGES = 40;
    private static final int IN_FLIGHT = 4;
    private static final int LARGE_BYTES = 1 << 20;
    private static final int SEND_BUFFER_BYTES = 4 << 20;
    private static final byte OTHER = (byte) 0xee;

    private final InetSocketAddress peer;
    private final SocketChannel control;
    private final BufferedReader answers;

    private UncopiedProgram(InetSocketAddress peer) throws IOException {
        this.peer = peer;
        this.control = SocketChannel.open(peer);
        this.answers = new BufferedReader(Channels.newReader(control, StandardCharsets.UTF_8));
    }

    /** What is tried. */
    enum Trial {
        STREAM,
        DATAGRAMS,
        SEGMENTS,
        CLOSED_SENDER,
        CLOSED_CHANNEL,
        LITTLE_MEMORY
    }

    /** Arguments: the trial, and the peer's address and port. Fails by an exception. */
    public static void main(String[] arguments) throws Exception {
        InetSocketAddress peer =
                new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2]));
        UncopiedProgram program = new UncopiedProgram(peer);
        try (SocketChannel control = program.control) {
            switch (Trial.valueOf(arguments[0])) {
                case STREAM:
                    program.sendStream();
                    break;
                case DATAGRAMS:
                    program.sendDatagrams(0);
                    break;
                case SEGMENTS:
                    program.sendDatagrams(SEGMENT_BYTES);
                    break;
                case CLOSED_SENDER:
                    program.closeSender();
                    break;
                case CLOSED_CHANNEL:
                    program.closeChannel();
                    break;
                default:
                    program.sendWithLittleMemory();
            }
            assertTrue(control.isOpen());
        }
    }

    private void tell(byte command) throws IOException {
        control.write(ByteBuffer.wrap(new byte[] {command}));
    }

    /** Memory of both kinds is overwritten as soon as it is complete; the peer is slow. */
    private void sendStream() throws Exception {
        try (SocketChannel socket = connected()) {
            tell(READ_STREAM);
            try (ZeroCopySender sender = ZeroCopySender.open(socket)) {
                assertNull(sender.whyCopying());
                Deque<ByteBuffer> memories = new ArrayDeque<>();
                Deque<CompletionStage<Completion>> stages = new ArrayDeque<>();
                for (int index = 0; index < MESSAGES; index++) {
                    if (stages.size() == IN_FLIGHT) {
                        overwriteCompleted(stages.remove(), memories.remove());
                    }
                    long offset = (long) index * MESSAGE_BYTES;
                    if (index % 2 == 0) {
                        SendBuffer pages = Messages.acquire(sender, MESSAGE_BYTES, offset);
                        memories.add(pages.buffer().duplicate());
                        stages.add(sender.send(pages));
                    } else {
                        ByteBuffer own = Messages.direct(MESSAGE_BYTES, offset);
                        memories.add(own.duplicate());
                        stages.add(sender.send(own));
                    }
                }
                while (!stages.isEmpty()) {
                    overwriteCompleted(stages.remove(), memories.remove());
                }
            }
        }
        assertEquals("end after " + (long) MESSAGES * MESSAGE_BYTES, answers.readLine());
    }

    private void overwriteCompleted(CompletionStage<Completion> stage, ByteBuffer memory) {
        Completion completion = Messages.await(stage);
        assertFalse(completion.isCopied(), completion::toString);
        assertEquals(MESSAGE_BYTES, completion.zeroCopyBytes());
        overwrite(memory);
    }

    private void sendDatagrams(int segmentBytes) throws Exception {
        try (DatagramChannel socket = DatagramChannel.open().connect(peer);
                ZeroCopySender sender = ZeroCopySender.open(socket)) {
            sender.setSegmentBytes(segmentBytes);
            ByteBuffer own = ByteBuffer.allocateDirect(DATAGRAM_BYTES);
            for (int index = 0; index < MESSAGES; index++) {
                Messages.fill(own, 0);
                Completion completion = Messages.await(sender.send(own.clear()));
                overwrite(own);
                assertFalse(completion.isCopied(), completion::toString);
                assertEquals(DATAGRAM_BYTES, completion.zeroCopyBytes());
                tell(READ_DATAGRAMS);
                int largest = segmentBytes == 0 ? DATAGRAM_BYTES : segmentBytes;
                assertEquals("datagrams of " + largest, answers.readLine());
            }
        }
    }

    /** The connection goes on without its sender, whose buffer is written to again. */
    private void closeSender() throws Exception {
        CompletionStage<Completion> sent;
        try (SocketChannel socket = connected()) {
            ZeroCopySender sender = ZeroCopySender.open(socket);
            SendBuffer pages = Messages.acquire(sender, LARGE_BYTES, 0);
            ByteBuffer view = pages.buffer().duplicate();
            sent = sender.send(pages);
            assertEquals(LARGE_BYTES, sender.bytesInFlight());
            sender.close();
            overwrite(view);
            useOtherBuffers();
            tell(READ_STREAM);
            Completion completion = Messages.await(sent);
            assertFalse(completion.isCopied(), completion::toString);
        }
        assertEquals("end after " + LARGE_BYTES, answers.readLine());
    }

    /**
     * The connection is closed before its peer has read anything, and its memory is in use again.
     */
    private void closeChannel() throws Exception {
        SocketChannel socket = connected();
        ZeroCopySender sender = ZeroCopySender.open(socket);
        SendBuffer pages = Messages.acquire(sender, LARGE_BYTES, 0);
        ByteBuffer view = pages.buffer().duplicate();
        List<CompletionStage<Completion>> sent =
                List.of(sender.send(pages), sender.send(Messages.direct(LARGE_BYTES, LARGE_BYTES)));
        assertEquals(2 * LARGE_BYTES, sender.bytesInFlight());
        socket.close();
        for (CompletionStage<Completion> stage : sent) {
            String text = Messages.awaitFailure(stage).getMessage();
            assertTrue(text.contains("must not be used"), text);
        }
        assertEquals(2 * LARGE_BYTES, ZeroCopySender.abandonedBytes());
        overwrite(view);
        useOtherBuffers();
        tell(READ_STREAM);
        String seen = answers.readLine();
        assertTrue(seen.equals("end after " + 2 * LARGE_BYTES) || seen.startsWith("reset"), seen);
    }

    /** Has everything that is free to be had, from the pool and from the collector, written to. */
    private void useOtherBuffers() throws IOException {
        System.gc();
        try (DatagramChannel socket = DatagramChannel.open().connect(peer);
                ZeroCopySender other = ZeroCopySender.open(socket)) {
            for (int index = 0; index < 16; index++) {
                overwrite(other.acquire(LARGE_BYTES).buffer());
                overwrite(ByteBuffer.allocateDirect(LARGE_BYTES));
            }
        }
    }

    /** As a user who may lock 64 KiB, as on older kernels. */
    private void sendWithLittleMemory() throws Exception {
        int fitting = 32 << 10;
        try (SocketChannel socket = connected()) {
            tell(READ_STREAM);
            try (ZeroCopySender sender = ZeroCopySender.open(socket)) {
                Completion first = Messages.await(sender.send(Messages.direct(fitting, 0)));
                assertFalse(first.isCopied(), first::toString);
                for (int index = 0; index < MESSAGES; index++) {
                    long offset = fitting + (long) index * MESSAGE_BYTES;
                    ByteBuffer own = Messages.direct(MESSAGE_BYTES, offset);
                    Completion completion = Messages.await(sender.send(own));
                    assertTrue(
                            completion.copyCauses().contains(CopyCause.NO_BUFFERS),
                            completion::toString);
                    overwrite(own);
                }
            }
        }
        long all = fitting + (long) MESSAGES * MESSAGE_BYTES;
        assertEquals("end after " + all, answers.readLine());
    }

    private SocketChannel connected() throws IOException {
        SocketChannel socket = SocketChannel.open();
        socket.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER_BYTES);
        socket.connect(peer);
        return socket;
    }

    private static void overwrite(ByteBuffer memory) {
        for (int index = 0; index < memory.capacity(); index++) {
            memory.put(index, OTHER);
        }
    }
}
