/* The ways to move bytes. Each makes the system calls of one mechanism and nothing else. */
#ifndef ZEROCOPY_NIO_BENCH_METHODS_H
#define ZEROCOPY_NIO_BENCH_METHODS_H

#include "ends.h"

/* Moves exactly so many bytes, from the beginning of a file that is the source to the beginning of
 * one that is the target. */
typedef void move_bytes(const struct end *source, const struct end *target, int64_t bytes);

/* The method of this name; the program fails where there is none. */
move_bytes *method_named(const char *name);

/* direct_io.c: io_uring reads past the page cache, four of 1 MiB at a time; then send. */
move_bytes by_direct_io;

/* memory_send.c: 256 KiB at a time of mapped memory, copied or not, or as the library does it. */
move_bytes by_send;
move_bytes by_msg_zerocopy;
move_bytes by_library_sender;

void send_all(int socket, const char *data, size_t bytes);

#endif
