#define _GNU_SOURCE
#include "bursts.h"
#include "die.h"

#include <poll.h>
#include <sys/socket.h>

/* No power of two, so that a piece that is left out, doubled or moved is seen. */
enum { PATTERN_BYTES = 1000003 };

enum { CALL_BYTES = 256 << 10 };

static char pattern[PATTERN_BYTES + CALL_BYTES];

/* Every byte depends on its place, by Knuth's generator of random numbers. */
static void make_pattern(void) {
    uint64_t state = 1;
    for (size_t i = 0; i < sizeof pattern; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        pattern[i] = i < PATTERN_BYTES ? (char)(state >> 56) : pattern[i - PATTERN_BYTES];
    }
}

static size_t next_piece(int64_t bytes, int64_t done) {
    return bytes - done < CALL_BYTES ? (size_t)(bytes - done) : CALL_BYTES;
}

static int64_t moved(ssize_t n) {
    if (n < 0 && errno != EAGAIN) {
        die("the proxy fails");
    }
    return n < 0 ? 0 : n;
}

static int64_t take(int to, int64_t taken, int64_t bytes) {
    static char came[CALL_BYTES];
    int64_t n = moved(recv(to, came, next_piece(bytes, taken), MSG_DONTWAIT));
    if (memcmp(came, pattern + taken % PATTERN_BYTES, (size_t)n) != 0) {
        errno = EPROTO;
        die("the proxy passes on other bytes than it was sent");
    }
    return n;
}

static void check_one(int from, int to, int64_t bytes) {
    int64_t sent = 0;
    int64_t taken = 0;
    while (taken < bytes) {
        struct pollfd ends[] = {{.fd = to, .events = POLLIN},
                                {.fd = sent < bytes ? from : -1, .events = POLLOUT}};
        int ready = poll(ends, 2, STALLED_MS_MAX);
        if (ready <= 0) {
            errno = ready == 0 ? ETIMEDOUT : errno;
            die("the proxy moves nothing any more");
        }
        if (ends[0].revents != 0) {
            taken += take(to, taken, bytes);
        }
        if (ends[1].revents != 0) {
            const char *data = pattern + sent % PATTERN_BYTES;
            size_t piece = next_piece(bytes, sent);
            sent += moved(send(from, data, piece, MSG_DONTWAIT | MSG_NOSIGNAL));
        }
    }
}

void check_content(const struct connections *connections, int64_t bytes) {
    make_pattern();
    for (uint32_t i = 0; i < connections->count; i++) {
        check_one(connections->all[i].source, connections->all[i].sink, bytes);
        check_one(connections->all[i].sink, connections->all[i].source, bytes);
    }
}
