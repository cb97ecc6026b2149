/* What is sent through a proxy, and the time that it takes. One thread does both ends of all
 * connections, with as few system calls as it can: what it needs, the proxy lacks. */
#ifndef ZEROCOPY_NIO_BENCH_BURSTS_H
#define ZEROCOPY_NIO_BENCH_BURSTS_H

#include "connections.h"

#include <sys/types.h>

/* What an exchange takes each way. */
enum { PING_BYTES = 64 };

struct cost {
    /* From the first byte sent until the last one has come. */
    int64_t wall_ns;
    /* User and system time of all threads of the proxy meanwhile. */
    int64_t cpu_ns;
};

struct latencies {
    struct cost cost;
    int64_t p50_ns;
    int64_t p99_ns;
};

/* User and system time of all threads of a process until now, those that have ended included; 0
 * for the process 0. The kernel keeps the account of a thread that sleeps to the nanosecond, and
 * that of one that runs as of the last tick only. So this returns when the process has used nothing
 * for a moment, or takes what there is if that does not come. */
int64_t cpu_ns_of(pid_t process);

/* Sends so many bytes from memory, over all connections together, and discards what comes. One call
 * gives call_bytes at most: 1 to 1 MiB. */
struct cost send_bulk(const struct connections *connections, pid_t proxy, int64_t bytes,
                      size_t call_bytes);

/* Sends PING_BYTES over each connection, which come back, and again until there were so many
 * exchanges over all of them together. */
struct latencies exchange(const struct connections *connections, pid_t proxy, uint32_t count);

/* Sends so many bytes over each connection, first from the source and then from the sink, and
 * compares what comes. */
void check_content(const struct connections *connections, int64_t bytes);

/* Shared by the above. */
int64_t now_ns(clockid_t clock);
int new_epoll(void);
void add_to_epoll(int epoll, int socket, uint32_t events, uint64_t data);
void *allocate(size_t bytes);

#endif
