/* How these programs fail: at once, saying what did not work. The benchmark then ends too. */
#ifndef ZEROCOPY_NIO_BENCH_DIE_H
#define ZEROCOPY_NIO_BENCH_DIE_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void die(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(EXIT_FAILURE);
}

#endif
