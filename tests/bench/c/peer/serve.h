/* One connection of a mover: the other end of everything that movers transfer. */
#ifndef ZEROCOPY_NIO_BENCH_SERVE_H
#define ZEROCOPY_NIO_BENCH_SERVE_H

/* Does what is announced on the connection until it ends, and closes it. */
void serve(int connection);

#endif
