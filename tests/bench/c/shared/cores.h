/* Keeps the mover on the first core that it may use and the peer on the last one. Where both
 * share a core for a while, the kernel bills much of the work of one to the other, and the
 * numbers jump. io.zerocopy.cli.compare.Pinning does the same for the Java movers. */
#ifndef ZEROCOPY_NIO_BENCH_CORES_H
#define ZEROCOPY_NIO_BENCH_CORES_H

#include <sched.h>

enum which_core { FIRST_CORE, LAST_CORE };

/* Pins the calling thread, and the threads that it starts later; with one core it does nothing.
 * A failure is none: then the scheduler decides. */
static inline void pin_to(enum which_core which) {
    cpu_set_t allowed, chosen;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) {
        return;
    }
    int core = which == FIRST_CORE ? 0 : CPU_SETSIZE - 1;
    while (!CPU_ISSET(core, &allowed)) {
        core += which == FIRST_CORE ? 1 : -1;
    }
    CPU_ZERO(&chosen);
    CPU_SET(core, &chosen);
    sched_setaffinity(0, sizeof chosen, &chosen);
}

#endif
