#define _GNU_SOURCE
#include "bursts.h"
#include "die.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The most that one call takes. */
enum { TAKEN_BYTES_MAX = 1 << 20 };

enum { EVENTS_MAX = 128 };

/* How long a process that is done has to use nothing, and how often that is waited for. */
enum { MOMENT_NS = 1000000, MOMENTS_MAX = 50 };

/* Where bytes come from and go to: always the same, so always in the processor's cache. MSG_TRUNC
 * on TCP does not even write to it. */
static char memory[TAKEN_BYTES_MAX];

struct bulk {
    const struct connections *connections;
    int epoll;
    int64_t to_send;
    int64_t to_take;
    /* The most that one call gives. */
    size_t call_bytes;
    /* What each connection has under way. */
    int64_t *under_way;
};

int64_t now_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        die("clock_gettime");
    }
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t cpu_ns_of(pid_t process) {
    clockid_t clock;
    if (process == 0) {
        return 0;
    }
    errno = clock_getcpuclockid(process, &clock);
    if (errno != 0) {
        die("the proxy is gone");
    }
    int64_t cpu_ns = now_ns(clock);
    for (int i = 0; i < MOMENTS_MAX; i++) {
        struct timespec moment = {.tv_nsec = MOMENT_NS};
        nanosleep(&moment, NULL);
        int64_t before = cpu_ns;
        cpu_ns = now_ns(clock);
        if (cpu_ns == before) {
            break;
        }
    }
    return cpu_ns;
}

int new_epoll(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        die("epoll_create1");
    }
    return epoll;
}

void add_to_epoll(int epoll, int socket, uint32_t events, uint64_t data) {
    struct epoll_event event = {.events = events, .data.u64 = data};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
        die("epoll_ctl");
    }
}

void *allocate(size_t bytes) {
    void *allocated = calloc(1, bytes);
    if (allocated == NULL) {
        die("no memory");
    }
    return allocated;
}

static size_t at_most(int64_t bytes, size_t limit) {
    return bytes < (int64_t)limit ? (size_t)bytes : limit;
}

static void rest_sources(const struct bulk *bulk) {
    for (uint32_t i = 0; i < bulk->connections->count; i++) {
        if (epoll_ctl(bulk->epoll, EPOLL_CTL_DEL, bulk->connections->all[i].source, NULL) != 0) {
            die("epoll_ctl");
        }
    }
}

static void feed(struct bulk *bulk, uint32_t number) {
    if (bulk->to_send == 0) {
        /* An event from before the sources were taken out. */
        return;
    }
    size_t most = at_most(bulk->to_send, bulk->call_bytes);
    int source = bulk->connections->all[number].source;
    ssize_t n = send(source, memory, most, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
        if (errno == EAGAIN) {
            return;
        }
        die("can't send to the proxy");
    }
    bulk->under_way[number] += n;
    bulk->to_send -= n;
    if (bulk->to_send == 0) {
        rest_sources(bulk);
    }
}

static void take(struct bulk *bulk, uint32_t number) {
    int sink = bulk->connections->all[number].sink;
    ssize_t n = recv(sink, memory, sizeof memory, MSG_TRUNC | MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0 || n > bulk->under_way[number]) {
        errno = n < 0 ? errno : EPROTO;
        die("the proxy ends, or passes on more than it was sent");
    }
    bulk->under_way[number] -= n;
    bulk->to_take -= n;
}

static void run(struct bulk *bulk) {
    struct epoll_event events[EVENTS_MAX];
    while (bulk->to_take > 0) {
        int count = epoll_wait(bulk->epoll, events, EVENTS_MAX, STALLED_MS_MAX);
        if (count <= 0) {
            errno = count == 0 ? ETIMEDOUT : errno;
            die("the proxy moves nothing any more");
        }
        for (int i = 0; i < count; i++) {
            uint32_t number = (uint32_t)(events[i].data.u64 >> 1);
            if ((events[i].data.u64 & 1) != 0) {
                take(bulk, number);
            } else {
                feed(bulk, number);
            }
        }
    }
}

struct cost send_bulk(const struct connections *connections, pid_t proxy, int64_t bytes,
                      size_t call_bytes) {
    if (call_bytes == 0 || call_bytes > sizeof memory) {
        errno = EINVAL;
        die("so many bytes can't be sent by one call");
    }
    struct bulk bulk = {.connections = connections,
                        .to_send = bytes,
                        .to_take = bytes,
                        .call_bytes = call_bytes};
    bulk.epoll = new_epoll();
    bulk.under_way = allocate(connections->count * sizeof *bulk.under_way);
    for (uint32_t i = 0; i < connections->count; i++) {
        add_to_epoll(bulk.epoll, connections->all[i].sink, EPOLLIN, (uint64_t)i << 1 | 1);
        add_to_epoll(bulk.epoll, connections->all[i].source, EPOLLOUT, (uint64_t)i << 1);
    }
    int64_t cpu_begin = cpu_ns_of(proxy);
    int64_t wall_begin = now_ns(CLOCK_MONOTONIC);
    run(&bulk);
    struct cost cost = {.wall_ns = now_ns(CLOCK_MONOTONIC) - wall_begin};
    cost.cpu_ns = cpu_ns_of(proxy) - cpu_begin;
    free(bulk.under_way);
    close(bulk.epoll);
    return cost;
}
