/*
 * Goal: what was taken from a source that can't be read again, and was not delivered, is in
 * undelivered_fd: no byte is lost and none is there twice, whatever stopped the transfer.
 * Method: a stream of the pattern that is all written before, into targets that fail or fill. What
 * the target has, what undelivered_fd gives and what is left in the source must be the pattern, one
 * behind the other; by splice, by the copy, and by what is planned.
 */
#include "support.h"

#include <sys/resource.h>

/* As much as a UNIX connection and a pipe hold without a reader. */
#define SOURCE_BYTES 60000
#define LIMIT_BYTES 20001

static const uint32_t mechanisms[] = {0, ZC_MECHANISM_SPLICE, ZC_MECHANISM_COPY};

/* The end to read of a stream that holds the whole pattern and is closed behind it. */
static int full_source(int kind) {
    struct connection way = stream_of(kind);
    struct feeder feeder;
    feed(&feeder, way.out, SOURCE_BYTES);
    end_feeder(&feeder);
    return way.in;
}

/* `delivered` bytes of the pattern are accounted for; the rest must be here. */
static void check_rest(const zc_result *result, int source) {
    CHECK(result->consumed >= result->delivered);
    CHECK((result->undelivered_fd >= 0) == (result->consumed > result->delivered));
    if (result->undelivered_fd >= 0) {
        uint64_t given = read_rest(result->undelivered_fd, result->delivered);
        CHECK_EQUAL(given, result->consumed - result->delivered);
    }
    CHECK_EQUAL(read_rest(source, result->consumed), SOURCE_BYTES - result->consumed);
}

static void survives_a_target_that_is_gone(int from, int to, uint32_t mechanism) {
    int source = full_source(from);
    struct connection way = stream_of(to);
    close(way.in);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    /* Small, so that there is something left in the source. */
    options.chunk_bytes = 10000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, way.out, NULL, UINT64_MAX, &options, &result), ZC_SYSTEM);
    CHECK(result.error_number == EPIPE || result.error_number == ECONNRESET);
    /* A TCP connection takes the first piece before its peer says that it is gone. */
    CHECK(result.delivered == 0 || to == 0);
    check_rest(&result, source);
    close(way.out);
}

static void survives_a_target_that_fills(int from, uint32_t mechanism) {
    int source = full_source(from);
    int target = empty_file(0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target, NULL, UINT64_MAX, &options, &result), ZC_SYSTEM);
    CHECK_EQUAL(result.error_number, EFBIG);
    CHECK_EQUAL(result.delivered, LIMIT_BYTES);
    CHECK_EQUAL(file_size(target), LIMIT_BYTES);
    check_file(target, 0, LIMIT_BYTES, 0);
    check_rest(&result, source);
    close(target);
}

static void survive_targets_that_fill(void) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {LIMIT_BYTES, LIMIT_BYTES};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    for (int from = 0; from < 3; from++) {
        for (int i = 0; i < 3; i++) {
            survives_a_target_that_fills(from, mechanisms[i]);
        }
    }
}

/* Fills a connection up to where it takes no more, and returns how much that was. */
static size_t fill(int fd) {
    static const unsigned char filling[4096];
    size_t count = 0;
    ssize_t sent;
    while ((sent = send(fd, filling, sizeof filling, MSG_DONTWAIT)) > 0) {
        count += (size_t)sent;
    }
    CHECK(errno == EAGAIN);
    return count;
}

static void take_filling(int fd, size_t count) {
    unsigned char block[4096];
    while (count > 0) {
        ssize_t got = read(fd, block, count < sizeof block ? count : sizeof block);
        CHECK(got > 0);
        count -= (size_t)got;
    }
}

/* The target holds less than the source has, and nobody reads it until the transfer is over. */
static void survives_being_left(int from, int to, uint32_t mechanism) {
    int source = full_source(from);
    struct connection way = stream_of(to);
    size_t filling = to == 1 ? fill(way.out) : 0;
    CHECK(to == 1 || fcntl(way.out, F_SETPIPE_SZ, 4096) == 4096);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    options.idle_timeout_ms = 30;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, way.out, NULL, UINT64_MAX, &options, &result),
                ZC_IDLE_TIMED_OUT);
    CHECK(result.delivered < SOURCE_BYTES && (result.delivered > 0 || to == 1));
    close(way.out);
    take_filling(way.in, filling);
    CHECK_EQUAL(read_rest(way.in, 0), result.delivered);
    check_rest(&result, source);
}

int main(void) {
    int before = open_descriptors();
    for (int from = 0; from < 3; from++) {
        for (int to = 0; to < 3; to++) {
            for (int i = 0; i < 3; i++) {
                survives_a_target_that_is_gone(from, to, mechanisms[i]);
                if (to > 0) {
                    survives_being_left(from, to, mechanisms[i]);
                }
            }
        }
    }
    check_in_child(survive_targets_that_fill);
    /* Nothing is left open but pipes that wait for the next transfer. */
    CHECK(open_descriptors() <= before + 2 * 16);
    return 0;
}
