/* What a transfer goes from and to, and what has to be agreed with the peer about it. */
#ifndef ZEROCOPY_NIO_BENCH_ENDS_H
#define ZEROCOPY_NIO_BENCH_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOCATION_BYTES_MAX = 4096 };

/* Where the peer is. */
struct peer {
    const char *address;
    uint16_t port;
    const char *path;
};

/* A kind of end, and which one, both as the command has them. */
struct end_name {
    char kind[32];
    char location[LOCATION_BYTES_MAX];
};

/* An end that is open. */
struct end {
    int fd;
    /* Whether it has offsets, which then begin at 0 in every transfer. */
    bool is_file;
    /* The connection to the peer, or -1 where the end needs none. Often the same as fd. */
    int connection;
    /* How the peer is to treat it: an enum wire_mode. */
    char mode;
    /* A mapped file, where the source is memory. */
    const char *memory;
    size_t memory_bytes;
    /* A file that goes away with the end, or empty. */
    char path[LOCATION_BYTES_MAX];
};

/* Opens "file PATH", "memory PATH" or "tcp". */
struct end open_source(const struct peer *peer, const struct end_name *name);

/* Opens "file PATH", "new-file PATH", "tcp MODE", "unix SNDBUF_BYTES" (0: as it is) or "pipe". */
struct end open_target(const struct peer *peer, const struct end_name *name);

/* Returns when the peer, if there is one, is ready for so many bytes. */
void announce(const struct end *end, uint64_t bytes);

/* Has the peer begin to feed. */
void start_feeding(const struct end *source);

/* Returns when the peer has all that was announced. */
void await_taken(const struct end *target);

void close_end(struct end *end);

#endif
