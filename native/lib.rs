//! zerocopy-nio: moves bytes between files, sockets and pipes without copying them through user
//! space.
