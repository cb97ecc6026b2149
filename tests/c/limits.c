/*
 * Goal: a peer that never reads or never writes does not hold a transfer for ever: the time-outs
 * end it, and so does a descriptor that cancels. Flags and SO_SNDTIMEO are as before, and what was
 * moved is counted.
 * Method: ends that nobody serves, in blocking and in non-blocking mode, by each mechanism; an
 * eventfd that is written to before and during the transfer. A transfer that hangs is killed.
 */
#include "support.h"

#include <sys/eventfd.h>

#define FILE_BYTES ((uint64_t)64 << 20)

static int file;

static long send_timeout_us(int fd) {
    struct timeval limit = {0};
    socklen_t size = sizeof limit;
    return getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &size) == 0
               ? limit.tv_sec * 1000000 + limit.tv_usec
               : -1;
}

struct canceller {
    pthread_t thread;
    int fd;
};

static void *cancel_soon(void *argument) {
    struct canceller *canceller = argument;
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    uint64_t one = 1;
    CHECK_EQUAL(write(canceller->fd, &one, sizeof one), sizeof one);
    return NULL;
}

/* Transfers with one of the three limits, which has to end it. */
static zc_result runs_into(zc_status expected, int in_fd, int out_fd, zc_options options) {
    struct canceller canceller = {.fd = -1};
    if (expected == ZC_TIMED_OUT) {
        options.timeout_ms = 50;
    } else if (expected == ZC_IDLE_TIMED_OUT) {
        options.idle_timeout_ms = 50;
    } else {
        canceller.fd = options.cancel_fd = eventfd(0, 0);
        CHECK(canceller.fd > 0);
        CHECK(pthread_create(&canceller.thread, NULL, cancel_soon, &canceller) == 0);
    }
    int in_flags = fcntl(in_fd, F_GETFL), out_flags = fcntl(out_fd, F_GETFL);
    long in_limit = send_timeout_us(in_fd), out_limit = send_timeout_us(out_fd);
    zc_result result = ZC_RESULT_INIT;
    zc_status status = zc_transfer(in_fd, NULL, out_fd, NULL, UINT64_MAX, &options, &result);
    if (canceller.fd > 0) {
        CHECK(pthread_join(canceller.thread, NULL) == 0);
        close(canceller.fd);
    }
    CHECK_EQUAL(status, expected);
    CHECK_EQUAL(result.end, ZC_END_NONE);
    CHECK_EQUAL(result.error_number, 0);
    CHECK(strlen(result.message) > 0);
    CHECK_EQUAL(fcntl(in_fd, F_GETFL), in_flags);
    CHECK_EQUAL(fcntl(out_fd, F_GETFL), out_flags);
    CHECK_EQUAL(send_timeout_us(in_fd), in_limit);
    CHECK_EQUAL(send_timeout_us(out_fd), out_limit);
    return result;
}

static void leaves_a_peer_that_never_reads(zc_status expected, int kind, uint32_t mechanism,
                                           bool non_blocking) {
    struct connection way = stream_of(kind);
    if (non_blocking) {
        make_non_blocking(way.out);
    } else if (kind != 2) {
        /* A limit of the owner's, longer than ours: it has to be there again. */
        struct timeval limit = {.tv_sec = 77, .tv_usec = 300000};
        CHECK(setsockopt(way.out, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    }
    CHECK(lseek(file, 0, SEEK_SET) == 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    zc_result result = runs_into(expected, file, way.out, options);
    CHECK(result.delivered > 0 && result.delivered < FILE_BYTES);
    CHECK_EQUAL(result.consumed, result.delivered);
    CHECK_EQUAL(file_position(file), result.delivered);
    close(way.out);
    CHECK_EQUAL(read_rest(way.in, 0), result.delivered);
}

static void leaves_a_peer_that_never_writes(zc_status expected, int from, int to,
                                            uint32_t mechanism, bool non_blocking) {
    struct connection source = stream_of(from), target = stream_of(to);
    if (non_blocking) {
        make_non_blocking(source.in);
        make_non_blocking(target.out);
    }
    unsigned char some[100];
    for (size_t i = 0; i < sizeof some; i++) {
        some[i] = pattern_at(i);
    }
    CHECK_EQUAL(write(source.out, some, sizeof some), sizeof some);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    zc_result result = runs_into(expected, source.in, target.out, options);
    CHECK_EQUAL(result.delivered, sizeof some);
    CHECK_EQUAL(result.consumed, sizeof some);
    CHECK_EQUAL(result.undelivered_fd, -1);
    close(source.in);
    close(source.out);
    close(target.out);
    CHECK_EQUAL(read_rest(target.in, 0), sizeof some);
}

/* The peer's pauses are shorter than the limit, all of them together are longer. */
static void goes_on_while_something_moves(void) {
    struct connection source = tcp_connection();
    int target = empty_file(0);
    struct feeder feeder;
    feed_slowly(&feeder, source.out, 40, 1, 30000);
    zc_options options = ZC_OPTIONS_INIT;
    options.idle_timeout_ms = 1000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target, NULL, UINT64_MAX, &options, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, 40);
    check_file(target, 0, 40, 0);
    end_feeder(&feeder);
    close(source.in);
    close(target);
}

static void moves_nothing_where_it_is_cancelled_before(void) {
    struct connection way = tcp_connection();
    zc_options options = ZC_OPTIONS_INIT;
    options.cancel_fd = eventfd(1, 0);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 100, &options, &result), ZC_CANCELLED);
    CHECK_EQUAL(result.delivered, 0);
    CHECK_EQUAL(offset, 0);
    /* Nothing was read from it: it goes on to cancel. */
    uint64_t count = 0;
    CHECK_EQUAL(read(options.cancel_fd, &count, sizeof count), sizeof count);
    CHECK_EQUAL(count, 1);
    close(options.cancel_fd);
    close(way.out);
    CHECK_EQUAL(read_rest(way.in, 0), 0);
}

int main(void) {
    file = pattern_file(FILE_BYTES);
    const zc_status ways_to_end[] = {ZC_TIMED_OUT, ZC_IDLE_TIMED_OUT, ZC_CANCELLED};
    const uint32_t from_files[] = {0, ZC_MECHANISM_SENDFILE, ZC_MECHANISM_COPY,
                                   ZC_MECHANISM_MAPPED};
    /* sendfile would sleep on a pipe in blocking mode, so the copy has to serve it. */
    const uint32_t into_pipes[] = {0, ZC_MECHANISM_SENDFILE | ZC_MECHANISM_COPY};
    const uint32_t from_streams[] = {0, ZC_MECHANISM_COPY};
    for (int way = 0; way < 3; way++) {
        for (int kind = 0; kind < 3; kind++) {
            const uint32_t *mechanisms = kind == 2 ? into_pipes : from_files;
            const int count = kind == 2 ? 2 : kind == 1 ? 3 : 4;
            for (int i = 0; i < count; i++) {
                leaves_a_peer_that_never_reads(ways_to_end[way], kind, mechanisms[i], false);
                leaves_a_peer_that_never_reads(ways_to_end[way], kind, mechanisms[i], true);
            }
            for (int i = 0; i < 2; i++) {
                int to = (kind + way) % 3;
                leaves_a_peer_that_never_writes(ways_to_end[way], kind, to, from_streams[i], false);
                leaves_a_peer_that_never_writes(ways_to_end[way], kind, to, from_streams[i], true);
            }
        }
    }
    goes_on_while_something_moves();
    moves_nothing_where_it_is_cancelled_before();
    return 0;
}
