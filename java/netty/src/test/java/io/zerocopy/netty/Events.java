package io.zerocopy.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Notes what happens to a channel. */
final class Events extends ChannelInboundHandlerAdapter {
    private final List<String> names = new CopyOnWriteArrayList<>();
    private final CountDownLatch isRemoved = new CountDownLatch(1);

    void add(String name) {
        names.add(name);
    }

    /**
     * All events, once the pipeline is taken apart: behind the close future that is still to come.
     */
    String text() throws InterruptedException {
        isRemoved.await(10, TimeUnit.SECONDS);
        return String.join(" ", names);
    }

    @Override
    public void channelRegistered(ChannelHandlerContext context) {
        add("registered");
        context.fireChannelRegistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        add("active");
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        add("inactive");
        context.fireChannelInactive();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext context) {
        add("unregistered");
        context.fireChannelUnregistered();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        add("removed");
        isRemoved.countDown();
    }
}
