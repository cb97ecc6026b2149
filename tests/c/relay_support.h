/*
 * What the C tests of the relay engine share: a relay between two connections, of which the test
 * holds the outer ends, and the results, taken in either way.
 */
#ifndef ZC_TEST_RELAY_SUPPORT_H
#define ZC_TEST_RELAY_SUPPORT_H

#include "support.h"

#include <poll.h>

/* The outer ends of a relay, and its number. */
struct relay {
    int a, b;
    uint64_t id;
};

static inline zc_engine *engine_with(const zc_engine_options *options) {
    zc_engine *engine = NULL;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_engine_new(options, &result, &engine), ZC_OK);
    CHECK(engine != NULL);
    CHECK_EQUAL(result.message[0], 0);
    return engine;
}

/* Starts a relay between two connections of the kinds of stream_of, which are not pipes. */
static inline struct relay relay_of(zc_engine *engine, int a_kind, int b_kind,
                                    const zc_relay_options *options) {
    struct connection a = stream_of(a_kind), b = stream_of(b_kind);
    struct relay made = {.a = a.out, .b = b.out};
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_relay_start(engine, a.in, b.in, options, &made.id, &result), ZC_OK);
    CHECK(made.id > 0);
    return made;
}

/* Waits for the result of a relay, which is the only one that can end now. */
static inline zc_relay_result result_of(zc_engine *engine) {
    zc_relay_result result;
    memset(&result, 0xff, sizeof result);
    size_t count = 0;
    struct pollfd asked = {.fd = zc_engine_fd(engine), .events = POLLIN};
    CHECK_EQUAL(poll(&asked, 1, -1), 1);
    CHECK_EQUAL(zc_engine_completed(engine, &result, 1, &count), ZC_OK);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(poll(&asked, 1, 0), 0);
    return result;
}

/* Sends a reset in the place of an end. */
static inline void reset(int fd) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
    CHECK(close(fd) == 0);
}

static inline bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

static inline bool is_non_blocking(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

#endif
