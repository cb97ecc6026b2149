package io.zerocopy.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;

import java.util.List;

/** Cuts what it receives into frames of one length, and holds the rest. */
final class Frames extends ByteToMessageDecoder {
    private final int frameBytes;

    /** How many bytes it has received. For the event loop. */
    int seen;

    private int undecoded;

    Frames(int frameBytes) {
        this.frameBytes = frameBytes;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        seen += in.readableBytes() - undecoded;
        if (in.readableBytes() >= frameBytes) {
            out.add(in.readRetainedSlice(frameBytes));
        }
        undecoded = in.readableBytes();
    }
}
