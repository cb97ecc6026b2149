/**
 * Moves bytes between files, sockets and pipes without copying them through user space.
 *
 * <p>The library has no dependency but {@code java.base}. On JDK 24 and later it wants {@code
 * --enable-native-access=io.zerocopy}, or {@code ALL-UNNAMED} when it is on the class path.
 */
// The adapter for Netty need not be there.
@SuppressWarnings("module")
module io.zerocopy {
    exports io.zerocopy;
    exports io.zerocopy.internal.relay to
            io.zerocopy.netty;
}
