/*
 * Goal: a pump moves every byte between every kind of stream and file, in steps that never block
 * and keep to their budget, and says what to wait for; it can be left at any time without a byte
 * lost. Method: an event loop of poll(2) that does what the result says and nothing else; ends that
 * nobody serves, in both modes: a step that blocks is killed. Wrong arguments one by one.
 */
#include "support.h"

#include <poll.h>
#include <sys/eventfd.h>

#define STEP_BYTES 100000

static zc_pump *pump_of(int in_fd, int out_fd, uint64_t count, const zc_options *options) {
    zc_pump *pump = NULL;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_pump_new(in_fd, NULL, out_fd, NULL, count, options, &result, &pump), ZC_OK);
    CHECK(pump != NULL);
    return pump;
}

static void wait_as_told(const zc_result *result, int in_fd, int out_fd) {
    struct pollfd waited = {.fd = result->wait_fd, .events = (short)result->wait_events};
    switch (result->end) {
    case ZC_END_WAIT_SOURCE:
        CHECK(result->wait_fd == in_fd && result->wait_events == POLLIN);
        CHECK_EQUAL(poll(&waited, 1, -1), 1);
        break;
    case ZC_END_WAIT_TARGET:
        CHECK(result->wait_fd == out_fd && result->wait_events == POLLOUT);
        CHECK_EQUAL(poll(&waited, 1, -1), 1);
        break;
    case ZC_END_PAUSE:
        CHECK(result->wait_ns > 0 && result->wait_ns < 1000000000);
        nanosleep(&(struct timespec){.tv_nsec = (long)result->wait_ns}, NULL);
        break;
    default:
        CHECK_EQUAL(result->end, ZC_END_BUDGET);
    }
}

/* Steps to the end. */
static zc_result run(zc_pump *pump, int in_fd, int out_fd, uint64_t step_bytes) {
    zc_result result = ZC_RESULT_INIT;
    for (uint64_t before = 0;; before = result.delivered) {
        CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
        CHECK(result.delivered >= before && result.delivered - before <= step_bytes);
        CHECK_EQUAL(result.undelivered_fd, -1);
        if (result.end == ZC_END_COMPLETE || result.end == ZC_END_SOURCE_ENDED) {
            return result;
        }
        wait_as_told(&result, in_fd, out_fd);
    }
}

static void moves_between_streams(int from, int to, uint32_t mechanism, bool non_blocking) {
    const uint64_t count = HAS_VALGRIND ? 200001 : (1 << 20) + 1;
    struct connection source = stream_of(from), target = stream_of(to);
    if (non_blocking) {
        make_non_blocking(source.in);
        make_non_blocking(target.out);
    }
    struct feeder feeder;
    struct receiver receiver;
    feed(&feeder, source.out, count);
    receive(&receiver, target.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    options.step_bytes = STEP_BYTES;
    zc_pump *pump = pump_of(source.in, target.out, UINT64_MAX, &options);
    zc_result result = run(pump, source.in, target.out, STEP_BYTES);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.consumed, count);
    /* The end stays the end. */
    CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    zc_pump_free(pump);
    end_feeder(&feeder);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
    close(source.in);
}

static void moves_from_and_to_files(int kind, bool non_blocking) {
    const uint64_t count = 3000001;
    int file = pattern_file(count + 10), copy = empty_file(0);
    struct connection way = stream_of(kind);
    if (non_blocking) {
        make_non_blocking(way.out);
        make_non_blocking(way.in);
    }
    int64_t in_offset = 10, out_offset = 77;
    zc_options options = ZC_OPTIONS_INIT;
    zc_result result = ZC_RESULT_INIT;
    zc_pump *sending = NULL, *receiving = NULL;
    CHECK_EQUAL(zc_pump_new(file, &in_offset, way.out, NULL, count, NULL, &result, &sending),
                ZC_OK);
    CHECK_EQUAL(
        zc_pump_new(way.in, NULL, copy, &out_offset, UINT64_MAX, &options, &result, &receiving),
        ZC_OK);
    zc_result sent = ZC_RESULT_INIT, received = ZC_RESULT_INIT;
    while (received.end != ZC_END_SOURCE_ENDED) {
        if (sent.end != ZC_END_COMPLETE) {
            CHECK_EQUAL(zc_pump_step(sending, &sent), ZC_OK);
            if (sent.end == ZC_END_COMPLETE) {
                close(way.out);
            }
        }
        CHECK_EQUAL(zc_pump_step(receiving, &received), ZC_OK);
        /* One thread for both: if both wait for each other nothing moves any more. */
        CHECK(sent.end != ZC_END_WAIT_TARGET || received.end != ZC_END_WAIT_TARGET);
    }
    zc_pump_free(sending);
    zc_pump_free(receiving);
    CHECK_EQUAL(sent.delivered, count);
    CHECK_EQUAL(received.delivered, count);
    CHECK_EQUAL(file_position(file), 0);
    CHECK_EQUAL(file_position(copy), 0);
    CHECK_EQUAL(in_offset, 10);
    CHECK_EQUAL(out_offset, 77);
    check_file(copy, 77, count, 10);
    close(file);
    close(copy);
    close(way.in);
}

static void waits_for_a_source_that_has_nothing(int kind, bool non_blocking) {
    struct connection source = stream_of(kind), target = tcp_connection();
    if (non_blocking) {
        make_non_blocking(source.in);
    }
    zc_pump *pump = pump_of(source.in, target.out, UINT64_MAX, NULL);
    zc_result result = ZC_RESULT_INIT;
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
        CHECK_EQUAL(result.end, ZC_END_WAIT_SOURCE);
        CHECK_EQUAL(result.wait_fd, source.in);
        CHECK_EQUAL(result.wait_ns, 0);
    }
    zc_pump_free(pump);
    close(source.in);
    close(source.out);
    close(target.in);
    close(target.out);
}

/* Nobody reads: in the end a step waits for the target, and what it has taken can be had back. */
static void gives_back_what_a_target_does_not_take(int from, int to, uint32_t mechanism,
                                                   bool non_blocking) {
    const uint64_t count = 8 << 20;
    struct connection source = stream_of(from), target = stream_of(to);
    make_non_blocking(source.in);
    if (non_blocking) {
        make_non_blocking(target.out);
    }
    struct feeder feeder;
    feed(&feeder, source.out, count);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    int flags = fcntl(target.out, F_GETFL);
    zc_pump *pump = pump_of(source.in, target.out, UINT64_MAX, &options);
    zc_result result = ZC_RESULT_INIT;
    do {
        CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
        CHECK(result.end != ZC_END_SOURCE_ENDED);
        if (result.end == ZC_END_WAIT_SOURCE) {
            wait_as_told(&result, source.in, target.out);
        }
    } while (result.end != ZC_END_WAIT_TARGET);
    CHECK(result.delivered > 0 && result.consumed >= result.delivered);
    zc_result left = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_pump_cancel(pump, &left), ZC_OK);
    CHECK_EQUAL(left.delivered, result.delivered);
    CHECK_EQUAL(left.consumed, result.consumed);
    CHECK_EQUAL((left.undelivered_fd >= 0), (left.consumed > left.delivered));
    CHECK_EQUAL(zc_pump_step(pump, &result), ZC_CANCELLED);
    zc_pump_free(pump);
    CHECK_EQUAL(fcntl(target.out, F_GETFL), flags);

    uint64_t undelivered = left.consumed - left.delivered;
    if (undelivered > 0) {
        CHECK_EQUAL(read_rest(left.undelivered_fd, left.delivered), undelivered);
    }
    close(target.out);
    CHECK_EQUAL(read_rest(target.in, 0), left.delivered);
    struct receiver rest;
    CHECK(fcntl(source.in, F_SETFL, 0) == 0);
    receive(&rest, source.in, left.consumed);
    end_feeder(&feeder);
    CHECK(pthread_join(rest.thread, NULL) == 0);
    CHECK_EQUAL(rest.count, count - left.consumed);
    close(source.in);
}

static void goes_on_after_a_target_was_full(void) {
    int source = pattern_file(100000), null = open("/dev/full", O_WRONLY);
    zc_pump *pump = pump_of(source, null, UINT64_MAX, NULL);
    zc_result result = ZC_RESULT_INIT;
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(zc_pump_step(pump, &result), ZC_SYSTEM);
        CHECK_EQUAL(result.error_number, ENOSPC);
        CHECK_EQUAL(result.end, ZC_END_NONE);
        CHECK_EQUAL(result.delivered, 0);
    }
    zc_pump_free(pump);
    close(source);
    close(null);
}

static void obeys_limits(void) {
    struct connection source = tcp_connection(), target = tcp_connection();
    zc_options options = ZC_OPTIONS_INIT;
    options.timeout_ms = 30;
    zc_pump *pump = pump_of(source.in, target.out, UINT64_MAX, &options);
    zc_result result = ZC_RESULT_INIT;
    zc_status status;
    while ((status = zc_pump_step(pump, &result)) == ZC_OK) {
        CHECK_EQUAL(result.end, ZC_END_WAIT_SOURCE);
        CHECK(result.wait_ns > 0 && result.wait_ns <= 30000000);
        struct pollfd waited = {.fd = result.wait_fd, .events = (short)result.wait_events};
        CHECK_EQUAL(poll(&waited, 1, (int)(result.wait_ns / 1000000 + 1)), 0);
    }
    CHECK_EQUAL(status, ZC_TIMED_OUT);
    zc_pump_free(pump);

    options.timeout_ms = 0;
    options.cancel_fd = eventfd(0, 0);
    pump = pump_of(source.in, target.out, UINT64_MAX, &options);
    CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
    CHECK_EQUAL(result.wait_ns, 0);
    uint64_t one = 1;
    CHECK_EQUAL(write(options.cancel_fd, &one, sizeof one), sizeof one);
    CHECK_EQUAL(zc_pump_step(pump, &result), ZC_CANCELLED);
    zc_pump_free(pump);
    close(options.cancel_fd);
    close(source.in);
    close(source.out);
    close(target.in);
    close(target.out);
}

static void pauses_where_the_pace_is_limited(void) {
    const uint64_t count = 300000;
    int file = pattern_file(count);
    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.bytes_per_second = 1000000;
    zc_pump *pump = pump_of(file, way.out, UINT64_MAX, &options);
    zc_result result = ZC_RESULT_INIT;
    int pauses = 0;
    while (result.end != ZC_END_SOURCE_ENDED) {
        CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
        if (result.end == ZC_END_PAUSE) {
            pauses++;
            wait_as_told(&result, file, way.out);
        }
    }
    /* The bucket holds an eighth of a second, so the rest has had to wait. */
    CHECK(pauses > 0);
    zc_pump_free(pump);
    CHECK_EQUAL(end_of(&receiver, way.out), count);
    close(file);
}

static void refuses_wrong_arguments(void) {
    struct connection way = pipe_connection();
    int file = pattern_file(10);
    int64_t negative = -1, zero = 0;
    zc_result result = ZC_RESULT_INIT;
    zc_pump *pump = (zc_pump *)&way;
    CHECK_EQUAL(zc_pump_new(file, NULL, way.out, NULL, 1, NULL, &result, NULL), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_pump_new(file, NULL, way.out, NULL, 1, NULL, NULL, &pump), ZC_NULL_ARGUMENT);
    CHECK(pump == NULL);
    CHECK_EQUAL(zc_pump_new(-1, NULL, way.out, NULL, 1, NULL, &result, &pump), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_pump_new(file, NULL, -1, NULL, 1, NULL, &result, &pump), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_pump_new(file, &negative, way.out, NULL, 1, NULL, &result, &pump),
                ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_pump_new(file, NULL, way.out, &zero, 1, NULL, &result, &pump),
                ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_pump_new(way.in, NULL, way.out, NULL, 1, NULL, &result, &pump),
                ZC_INVALID_ARGUMENT);
    int closed = dup(file);
    close(closed);
    CHECK_EQUAL(zc_pump_new(file, NULL, closed, NULL, 1, NULL, &result, &pump), ZC_SYSTEM);
    CHECK_EQUAL(result.error_number, EBADF);
    CHECK(pump == NULL && strlen(result.message) > 0);
    CHECK_EQUAL(zc_pump_step(NULL, &result), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_pump_cancel(NULL, &result), ZC_NULL_ARGUMENT);
    zc_pump_free(NULL);

    pump = pump_of(file, way.out, 10, NULL);
    CHECK_EQUAL(zc_pump_step(pump, NULL), ZC_NULL_ARGUMENT);
    result.size = 71;
    CHECK_EQUAL(zc_pump_step(pump, &result), ZC_INVALID_ARGUMENT);
    result.size = sizeof result;
    CHECK_EQUAL(zc_pump_cancel(pump, &result), ZC_OK);
    CHECK_EQUAL(result.consumed, 0);
    CHECK_EQUAL(result.undelivered_fd, -1);
    zc_pump_free(pump);
    close(file);
    close(way.in);
    close(way.out);
}

int main(void) {
    const uint32_t mechanisms[] = {0, ZC_MECHANISM_COPY};
    for (int from = 0; from < 3; from++) {
        for (int non_blocking = 0; non_blocking <= 1; non_blocking++) {
            for (int to = 0; to < 3; to++) {
                for (int i = 0; i < (HAS_VALGRIND ? 1 : 2); i++) {
                    moves_between_streams(from, to, mechanisms[i], non_blocking);
                    gives_back_what_a_target_does_not_take(from, to, mechanisms[i], non_blocking);
                }
            }
            waits_for_a_source_that_has_nothing(from, non_blocking);
            moves_from_and_to_files(from, non_blocking);
        }
    }
    goes_on_after_a_target_was_full();
    obeys_limits();
    pauses_where_the_pace_is_limited();
    refuses_wrong_arguments();
    return 0;
}
