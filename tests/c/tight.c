/*
 * Goal: descriptors that take little, or only in a certain way, get every byte all the same: pipes
 * of one page, files opened with O_DIRECT; and so do transfers in a process without free
 * descriptors, and those whose peer has closed one direction.
 * Method: each of them between a writing and a reading thread that check the pattern.
 */
#include "support.h"

#include <sys/resource.h>

#define BLOCK_BYTES 4096

static void moves_through_pipes_of_a_page(uint32_t mechanism, bool non_blocking) {
    const uint64_t count = 300001;
    struct connection source = pipe_connection(), target = pipe_connection();
    CHECK_EQUAL(fcntl(source.in, F_SETPIPE_SZ, BLOCK_BYTES), BLOCK_BYTES);
    CHECK_EQUAL(fcntl(target.out, F_SETPIPE_SZ, BLOCK_BYTES), BLOCK_BYTES);
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
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, UINT64_MAX, &options, &result),
                ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    end_feeder(&feeder);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
    close(source.in);
}

/* -1 where the file system has no O_DIRECT. */
static int direct_file(uint64_t pattern_bytes) {
    char name[] = "/tmp/zerocopy-nio-test-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0);
    int direct = open(name, O_RDWR | O_DIRECT);
    CHECK(unlink(name) == 0);
    int pattern = pattern_file(pattern_bytes);
    off_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(pattern, &offset, fd, NULL, pattern_bytes, NULL, &result), ZC_OK);
    close(pattern);
    close(fd);
    return direct;
}

static void reads_and_writes_whole_blocks_of_direct_files(void) {
    const uint64_t count = 100 * BLOCK_BYTES;
    int source = direct_file(count), target = direct_file(0), buffered = pattern_file(count);
    if (source < 0) {
        SKIP("no O_DIRECT on the file system of /tmp; what came before has passed");
    }
    int flags = fcntl(target, F_GETFL);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(buffered, NULL, target, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(fcntl(target, F_GETFL), flags);
    CHECK(fcntl(target, F_SETFL, 0) == 0);
    check_file(target, 0, count, 0);

    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    CHECK_EQUAL(zc_transfer(source, NULL, way.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(file_position(source), count);
    CHECK_EQUAL(end_of(&receiver, way.out), count);
    close(source);
    close(target);
    close(buffered);
}

/* Some file systems take parts of blocks and some do not: in any case nothing is lost. */
static void loses_nothing_that_a_direct_file_refuses(int from) {
    const uint64_t count = BLOCK_BYTES + 1000;
    int target = direct_file(0);
    struct connection source = stream_of(from);
    struct feeder feeder;
    feed(&feeder, source.out, count);
    end_feeder(&feeder);
    zc_result result = ZC_RESULT_INIT;
    zc_status status =
        zc_transfer(source.in, NULL, target, NULL, UINT64_MAX, NULL, &result);
    if (status != ZC_OK) {
        CHECK_EQUAL(status, ZC_SYSTEM);
        CHECK_EQUAL(result.error_number, EINVAL);
    }
    CHECK_EQUAL(file_size(target), result.delivered);
    if (result.undelivered_fd >= 0) {
        CHECK_EQUAL(read_rest(result.undelivered_fd, result.delivered),
                    result.consumed - result.delivered);
    }
    CHECK_EQUAL(read_rest(source.in, result.consumed), count - result.consumed);
    close(target);
}

static void copies_where_no_pipe_can_be_had(void) {
    const uint64_t count = 300001;
    struct connection source = tcp_connection(), target = tcp_connection();
    struct feeder feeder;
    struct receiver receiver;
    feed(&feeder, source.out, count);
    receive(&receiver, target.in, 0);
    struct rlimit limit = {(rlim_t)target.in + 1, (rlim_t)target.in + 1};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int any;
    while ((any = dup(0)) >= 0) {
        continue;
    }
    CHECK_EQUAL(errno, EMFILE);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result.fallback_mechanism, ZC_MECHANISM_SPLICE);
    CHECK_EQUAL(result.fallback_error_number, EMFILE);
    CHECK_EQUAL(result.fallback_count, 1);
    end_feeder(&feeder);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
}

/* A peer that has sent all it has to send may still read, and one that reads no more may send. */
static void uses_the_direction_that_is_open(void) {
    const uint64_t count = 50000;
    struct connection half = tcp_connection(), other = tcp_connection();
    struct feeder feeder;
    struct receiver receiver;
    feed(&feeder, other.out, count);
    CHECK(shutdown(half.in, SHUT_WR) == 0);
    receive(&receiver, half.in, 0);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(other.in, NULL, half.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    /* What the half-closed peer sends is nothing. */
    int target = empty_file(0);
    CHECK_EQUAL(zc_transfer(half.out, NULL, target, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    CHECK_EQUAL(result.delivered, 0);
    CHECK(shutdown(half.out, SHUT_WR) == 0);
    CHECK_EQUAL(zc_transfer(target, NULL, half.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    int file = pattern_file(10);
    CHECK_EQUAL(zc_transfer(file, NULL, half.out, NULL, 10, NULL, &result), ZC_SYSTEM);
    CHECK_EQUAL(result.error_number, EPIPE);
    end_feeder(&feeder);
    CHECK_EQUAL(end_of(&receiver, half.out), count);
    close(other.in);
    close(target);
    close(file);
}

int main(void) {
    /* First, while no pipe waits in the pool. Valgrind keeps the limit on descriptors for
     * itself. */
    if (!HAS_VALGRIND) {
        check_in_child(copies_where_no_pipe_can_be_had);
    }
    const uint32_t mechanisms[] = {0, ZC_MECHANISM_SPLICE, ZC_MECHANISM_COPY};
    for (int i = 0; i < 3; i++) {
        moves_through_pipes_of_a_page(mechanisms[i], false);
        moves_through_pipes_of_a_page(mechanisms[i], true);
    }
    uses_the_direction_that_is_open();
    reads_and_writes_whole_blocks_of_direct_files();
    for (int from = 0; from < 3; from++) {
        loses_nothing_that_a_direct_file_refuses(from);
    }
    return 0;
}
