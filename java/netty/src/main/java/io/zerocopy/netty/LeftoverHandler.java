package io.zerocopy.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Stands behind a decoder that is removed, and catches the bytes that it has not decoded before any
 * other handler can see them. It stays, as a decoder that is in the middle of decoding hands them
 * over only when it is done.
 */
final class LeftoverHandler extends ChannelInboundHandlerAdapter {
    final HeldBytes bytes = new HeldBytes();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf piece) {
            bytes.add(piece);
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        bytes.release();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        bytes.release();
    }
}
