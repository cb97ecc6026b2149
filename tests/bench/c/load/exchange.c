#define _GNU_SOURCE
#include "bursts.h"
#include "die.h"

#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_MAX = 128 };

/* What a connection waits for. */
struct exchanging {
    int64_t sent_at_ns;
    /* What has come of the exchange that is under way, at either end. */
    uint32_t at_sink;
    uint32_t at_source;
    char sent[PING_BYTES];
    char came[PING_BYTES];
};

struct exchanges {
    const struct connections *connections;
    int epoll;
    struct exchanging *all;
    uint32_t begun;
    uint32_t done;
    uint32_t count;
    int64_t *latencies_ns;
};

static void send_all_at_once(int socket, const char *data) {
    if (send(socket, data, PING_BYTES, MSG_NOSIGNAL | MSG_DONTWAIT) != PING_BYTES) {
        die("can't send a few bytes");
    }
}

static void begin(struct exchanges *exchanges, uint32_t number) {
    if (exchanges->begun == exchanges->count) {
        return;
    }
    struct exchanging *one = &exchanges->all[number];
    exchanges->begun++;
    /* No exchange has the bytes of another one. */
    memcpy(one->sent, &exchanges->begun, sizeof exchanges->begun);
    one->at_sink = one->at_source = 0;
    one->sent_at_ns = now_ns(CLOCK_MONOTONIC);
    send_all_at_once(exchanges->connections->all[number].source, one->sent);
}

/* True when all of the exchange's bytes are there. */
static bool take(int socket, struct exchanging *one, uint32_t *came) {
    ssize_t n = recv(socket, one->came + *came, PING_BYTES - *came, MSG_DONTWAIT);
    if (n <= 0) {
        die("the proxy does not pass on a few bytes");
    }
    *came += (uint32_t)n;
    if (*came < PING_BYTES) {
        return false;
    }
    if (memcmp(one->came, one->sent, PING_BYTES) != 0) {
        errno = EPROTO;
        die("the proxy passes on other bytes than it was sent");
    }
    return true;
}

static void at_sink(struct exchanges *exchanges, uint32_t number) {
    struct exchanging *one = &exchanges->all[number];
    int sink = exchanges->connections->all[number].sink;
    if (take(sink, one, &one->at_sink)) {
        send_all_at_once(sink, one->came);
    }
}

static void at_source(struct exchanges *exchanges, uint32_t number) {
    struct exchanging *one = &exchanges->all[number];
    if (take(exchanges->connections->all[number].source, one, &one->at_source)) {
        int64_t latency_ns = now_ns(CLOCK_MONOTONIC) - one->sent_at_ns;
        exchanges->latencies_ns[exchanges->done++] = latency_ns;
        begin(exchanges, number);
    }
}

static void run(struct exchanges *exchanges) {
    struct epoll_event events[EVENTS_MAX];
    for (uint32_t i = 0; i < exchanges->connections->count; i++) {
        begin(exchanges, i);
    }
    while (exchanges->done < exchanges->count) {
        int count = epoll_wait(exchanges->epoll, events, EVENTS_MAX, STALLED_MS_MAX);
        if (count <= 0) {
            errno = count == 0 ? ETIMEDOUT : errno;
            die("the proxy passes on nothing any more");
        }
        for (int i = 0; i < count; i++) {
            uint32_t number = (uint32_t)(events[i].data.u64 >> 1);
            if ((events[i].data.u64 & 1) != 0) {
                at_sink(exchanges, number);
            } else {
                at_source(exchanges, number);
            }
        }
    }
}

static int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

struct latencies exchange(const struct connections *connections, pid_t proxy, uint32_t count) {
    struct exchanges exchanges = {.connections = connections, .count = count};
    exchanges.epoll = new_epoll();
    exchanges.all = allocate(connections->count * sizeof *exchanges.all);
    exchanges.latencies_ns = allocate(count * sizeof *exchanges.latencies_ns);
    for (uint32_t i = 0; i < connections->count; i++) {
        add_to_epoll(exchanges.epoll, connections->all[i].sink, EPOLLIN, (uint64_t)i << 1 | 1);
        add_to_epoll(exchanges.epoll, connections->all[i].source, EPOLLIN, (uint64_t)i << 1);
    }
    int64_t cpu_begin = cpu_ns_of(proxy);
    int64_t wall_begin = now_ns(CLOCK_MONOTONIC);
    run(&exchanges);
    struct latencies latencies = {.cost.wall_ns = now_ns(CLOCK_MONOTONIC) - wall_begin};
    latencies.cost.cpu_ns = cpu_ns_of(proxy) - cpu_begin;
    qsort(exchanges.latencies_ns, count, sizeof *exchanges.latencies_ns, by_size);
    latencies.p50_ns = exchanges.latencies_ns[count / 2];
    latencies.p99_ns = exchanges.latencies_ns[(uint64_t)count * 99 / 100];
    free(exchanges.latencies_ns);
    free(exchanges.all);
    close(exchanges.epoll);
    return latencies;
}
