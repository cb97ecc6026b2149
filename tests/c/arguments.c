/*
 * Goal: an argument that can't be right is refused before a byte moves, and the result says so.
 * Method: one wrong argument at a time; the target, a pipe, must be empty after each.
 */
#include "support.h"

static int file;
static struct connection way;

static void check_nothing_came(void) {
    char byte;
    CHECK(read(way.in, &byte, 1) < 0 && errno == EAGAIN);
    CHECK_EQUAL(file_position(file), 0);
}

static void refuses(zc_status status, int in_fd, int64_t *in_offset, int out_fd,
                    int64_t *out_offset, const zc_options *options) {
    zc_result result;
    memset(&result, 0xff, sizeof result);
    result.size = sizeof result;
    CHECK_EQUAL(zc_transfer(in_fd, in_offset, out_fd, out_offset, 100, options, &result), status);
    CHECK_EQUAL(result.delivered, 0);
    CHECK_EQUAL(result.consumed, 0);
    CHECK_EQUAL(result.end, ZC_END_NONE);
    CHECK_EQUAL(result.mechanisms, 0);
    CHECK_EQUAL(result.fallback_mechanism, 0);
    CHECK_EQUAL(result.undelivered_fd, -1);
    CHECK((result.call != NULL) == (status == ZC_SYSTEM));
    CHECK((result.error_number != 0) == (status == ZC_SYSTEM));
    CHECK(strlen(result.message) > 0);
    CHECK_EQUAL(result.wait_fd, -1);
    CHECK_EQUAL(result.fallback_count, 0);
    check_nothing_came();
}

static void refuses_negative_numbers(void) {
    int64_t negative = -1, lowest = INT64_MIN;
    refuses(ZC_INVALID_ARGUMENT, -1, NULL, way.out, NULL, NULL);
    refuses(ZC_INVALID_ARGUMENT, file, NULL, -1, NULL, NULL);
    refuses(ZC_INVALID_ARGUMENT, file, &negative, way.out, NULL, NULL);
    refuses(ZC_INVALID_ARGUMENT, file, &lowest, way.out, NULL, NULL);
    int target = empty_file(0);
    refuses(ZC_INVALID_ARGUMENT, file, NULL, target, &negative, NULL);
    CHECK_EQUAL(file_size(target), 0);
    CHECK_EQUAL(negative, -1);
    close(target);
}

static void refuses_an_offset_for_what_is_no_file(void) {
    int64_t offset = 0;
    struct connection tcp = tcp_connection();
    refuses(ZC_INVALID_ARGUMENT, file, NULL, tcp.out, &offset, NULL);
    refuses(ZC_INVALID_ARGUMENT, file, NULL, way.out, &offset, NULL);
    CHECK_EQUAL(offset, 0);
    close(tcp.out);
    close(tcp.in);
}

static void refuses_to_read_what_is_no_file_at_an_offset(void) {
    int64_t offset = 0;
    struct connection source = pipe_connection(), tcp = tcp_connection();
    CHECK_EQUAL(write(source.out, "x", 1), 1);
    const int sources[] = {source.in, tcp.in};
    for (int i = 0; i < 2; i++) {
        refuses(ZC_INVALID_ARGUMENT, sources[i], &offset, way.out, NULL, NULL);
        refuses(ZC_INVALID_ARGUMENT, sources[i], &offset, tcp.out, NULL, NULL);
    }
    CHECK_EQUAL(offset, 0);
    char byte;
    CHECK_EQUAL(read(source.in, &byte, 1), 1);
    close(source.in);
    close(source.out);
    close(tcp.in);
    close(tcp.out);
}

static void refuses_descriptors_that_are_closed_or_open_for_the_other_direction(void) {
    int64_t offset = 0;
    int closed = dup(file), write_only = open("/dev/null", O_WRONLY);
    close(closed);
    refuses(ZC_SYSTEM, closed, NULL, way.out, NULL, NULL);
    refuses(ZC_SYSTEM, closed, &offset, way.out, NULL, NULL);
    refuses(ZC_SYSTEM, file, NULL, closed, NULL, NULL);
    refuses(ZC_SYSTEM, file, NULL, way.in, NULL, NULL);
    refuses(ZC_SYSTEM, write_only, &offset, way.out, NULL, NULL);
    close(write_only);
}

static void refuses_options_of_no_version(void) {
    const size_t sizes[] = {0, 1, 15, 17, sizeof(zc_options) - 1};
    for (int i = 0; i < 5; i++) {
        zc_options options = ZC_OPTIONS_INIT;
        options.size = sizes[i];
        refuses(ZC_INVALID_ARGUMENT, file, NULL, way.out, NULL, &options);
    }
}

static void refuses_options_that_mean_nothing(void) {
    zc_options options = ZC_OPTIONS_INIT;
    options.flags = UINT32_C(1) << 31;
    refuses(ZC_INVALID_ARGUMENT, file, NULL, way.out, NULL, &options);
    options.flags = 0;
    options.direct_io = ZC_DIRECT_IO_ABOVE + 1;
    refuses(ZC_INVALID_ARGUMENT, file, NULL, way.out, NULL, &options);
    options.direct_io = ZC_DIRECT_IO_AUTO;
    options.header_bytes = 1;
    refuses(ZC_INVALID_ARGUMENT, file, NULL, way.out, NULL, &options);
    options.header_bytes = 0;
    options.trailer_bytes = 1;
    refuses(ZC_INVALID_ARGUMENT, file, NULL, way.out, NULL, &options);
    options.trailer_bytes = 0;
    options.mechanisms = UINT32_C(1) << 30;
    refuses(ZC_UNSUPPORTED, file, NULL, way.out, NULL, &options);
    options.mechanisms = ZC_MECHANISM_MSG_ZEROCOPY;
    refuses(ZC_UNSUPPORTED, file, NULL, way.out, NULL, &options);
}

/* It would never end, or read what it has written. */
static void refuses_a_transfer_into_itself(void) {
    struct connection tcp = tcp_connection(), pipe = pipe_connection();
    refuses(ZC_INVALID_ARGUMENT, tcp.in, NULL, tcp.in, NULL, NULL);
    refuses(ZC_INVALID_ARGUMENT, pipe.in, NULL, pipe.out, NULL, NULL);
    int64_t begin = 0, inside = 99, behind = 100;
    refuses(ZC_INVALID_ARGUMENT, file, &begin, file, &inside, NULL);
    refuses(ZC_INVALID_ARGUMENT, file, &inside, file, &begin, NULL);
    refuses(ZC_INVALID_ARGUMENT, file, NULL, file, NULL, NULL);
    int other = dup(file);
    refuses(ZC_INVALID_ARGUMENT, file, &begin, other, &begin, NULL);
    close(other);

    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &begin, file, &behind, 100, NULL, &result), ZC_OK);
    check_file(file, 0, 100, 0);
    check_file(file, 100, 100, 0);
    CHECK_EQUAL(begin, 100);
    CHECK_EQUAL(behind, 200);
    close(tcp.in);
    close(tcp.out);
    close(pipe.in);
    close(pipe.out);
}

static void refuses_a_result_that_it_cannot_write(void) {
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, 100, NULL, NULL), ZC_NULL_ARGUMENT);
    check_nothing_came();
    const size_t too_small[] = {0, 1, 71};
    for (int i = 0; i < 3; i++) {
        zc_result result, before;
        memset(&result, 0xab, sizeof result);
        result.size = too_small[i];
        before = result;
        CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, 100, NULL, &result),
                    ZC_INVALID_ARGUMENT);
        CHECK(memcmp(&result, &before, sizeof result) == 0);
        check_nothing_came();
    }
}

/* A program that was compiled with the header of a later version has longer structs. */
static void takes_structs_that_have_grown(void) {
    struct {
        zc_result result;
        unsigned char later[16];
    } grown;
    memset(&grown, 0xcd, sizeof grown);
    grown.result.size = sizeof grown;
    struct {
        zc_options options;
        uint64_t later;
    } grown_options = {ZC_OPTIONS_INIT, 0};
    grown_options.options.size = sizeof grown_options;
    int64_t offset = 0;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 100, &grown_options.options,
                            &grown.result),
                ZC_OK);
    CHECK_EQUAL(grown.result.delivered, 100);
    unsigned char received[100];
    CHECK_EQUAL(read(way.in, received, sizeof received), sizeof received);
    CHECK_EQUAL(grown.result.size, sizeof grown);
    for (size_t i = 0; i < sizeof grown.later; i++) {
        CHECK_EQUAL(grown.later[i], 0xcd);
    }
}

/* The structs of version 0.1, as a program has them that was compiled with its header. */
static void takes_the_structs_of_the_first_version(void) {
    struct {
        size_t size;
        uint32_t mechanisms, reserved;
    } options = {sizeof options, ZC_MECHANISM_COPY, 0};
    struct {
        size_t size;
        uint64_t delivered, consumed;
        zc_end end;
        int error_number;
        const char *call;
        uint32_t mechanisms, fallback_mechanism;
        int fallback_error_number, undelivered_fd;
        uint64_t system_calls, elapsed_ns;
    } *result = malloc(sizeof *result);
    CHECK_EQUAL(sizeof options, 16);
    CHECK_EQUAL(sizeof *result, 72);
    memset(result, 0xff, sizeof *result);
    result->size = sizeof *result;
    /* Both are on their own, so that a sanitizer sees what goes beyond them. */
    void *old_options = malloc(sizeof options);
    memcpy(old_options, &options, sizeof options);
    int64_t offset = 0;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 100, old_options, (zc_result *)result),
                ZC_OK);
    CHECK_EQUAL(result->size, sizeof *result);
    CHECK_EQUAL(result->delivered, 100);
    CHECK_EQUAL(result->end, ZC_END_COMPLETE);
    CHECK_EQUAL(result->mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result->undelivered_fd, -1);
    CHECK(result->call == NULL && result->elapsed_ns > 0);
    unsigned char received[100];
    CHECK_EQUAL(read(way.in, received, sizeof received), sizeof received);
    CHECK_EQUAL(zc_transfer(file, &offset, way.in, NULL, 100, old_options, (zc_result *)result),
                ZC_SYSTEM);
    CHECK_EQUAL(result->error_number, EBADF);
    CHECK(strcmp(result->call, "write") == 0);
    free(old_options);
    free(result);
}

/* Zeros but for the size are the default: descriptor 0 does not cancel. */
static void takes_options_of_zeros(void) {
    zc_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    int input = open("/dev/null", O_RDONLY), old = dup(0);
    CHECK(input >= 0 && old >= 0 && dup2(input, 0) == 0);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 100, &options, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, 100);
    CHECK_EQUAL(strlen(result.message), 0);
    unsigned char received[100];
    CHECK_EQUAL(read(way.in, received, sizeof received), sizeof received);
    CHECK(dup2(old, 0) == 0);
    close(old);
    close(input);
}

int main(void) {
    file = pattern_file(10000);
    way = pipe_connection();
    CHECK(fcntl(way.in, F_SETFL, O_NONBLOCK) == 0);
    refuses_negative_numbers();
    refuses_an_offset_for_what_is_no_file();
    refuses_to_read_what_is_no_file_at_an_offset();
    refuses_descriptors_that_are_closed_or_open_for_the_other_direction();
    refuses_options_of_no_version();
    refuses_options_that_mean_nothing();
    refuses_a_transfer_into_itself();
    refuses_a_result_that_it_cannot_write();
    takes_structs_that_have_grown();
    takes_the_structs_of_the_first_version();
    takes_options_of_zeros();
    return 0;
}
