/*
 * Goal: a file is written where the caller says: at its own position, at an offset, or at its end
 * where it was opened for appending; and nothing else of it changes.
 * Method: the target has 0xee all over before; after it, the pattern must be in its place and the
 * rest must be as it was.
 */
#include "support.h"

#define OLD_BYTES 200000
#define SOURCE_BYTES 150000
#define OLD_BYTE 0xee

static char target_name[] = "/tmp/zerocopy-nio-test-XXXXXX";

static void make_old_target(void) {
    int fd = open(target_name, O_WRONLY | O_TRUNC);
    static unsigned char old[OLD_BYTES];
    memset(old, OLD_BYTE, sizeof old);
    CHECK_EQUAL(write(fd, old, sizeof old), sizeof old);
    close(fd);
}

static void check_old(int fd, int64_t from, int64_t to) {
    for (int64_t at = from; at < to; at++) {
        unsigned char byte;
        CHECK_EQUAL(pread(fd, &byte, 1, at), 1);
        CHECK_EQUAL(byte, OLD_BYTE);
    }
}

static void writes_at_its_own_position(int source) {
    make_old_target();
    int target = open(target_name, O_RDWR);
    CHECK_EQUAL(lseek(target, 1001, SEEK_SET), 1001);
    int64_t in_offset = 7;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, &in_offset, target, NULL, 100000, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, 100000);
    CHECK_EQUAL(file_position(target), 101001);
    CHECK_EQUAL(file_size(target), OLD_BYTES);
    check_file(target, 1001, 100000, 7);
    check_old(target, 0, 1001);
    check_old(target, 101001, OLD_BYTES);
    close(target);
}

static void writes_at_an_offset(int source) {
    make_old_target();
    int target = open(target_name, O_RDWR);
    CHECK_EQUAL(lseek(target, 33, SEEK_SET), 33);
    int64_t in_offset = 11, out_offset = OLD_BYTES - 5000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, &in_offset, target, &out_offset, 100000, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, 100000);
    CHECK_EQUAL(in_offset, 100011);
    CHECK_EQUAL(out_offset, OLD_BYTES - 5000 + 100000);
    CHECK_EQUAL(file_position(target), 33);
    CHECK_EQUAL(file_size(target), OLD_BYTES - 5000 + 100000);
    check_file(target, OLD_BYTES - 5000, 100000, 11);
    check_old(target, 0, OLD_BYTES - 5000);
    close(target);
}

static void appends_where_the_file_was_opened_for_it(int source) {
    make_old_target();
    int target = open(target_name, O_RDWR | O_APPEND);
    int64_t in_offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, &in_offset, target, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    CHECK_EQUAL(result.delivered, SOURCE_BYTES);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result.fallback_count, 0);
    CHECK_EQUAL(file_size(target), OLD_BYTES + SOURCE_BYTES);
    check_old(target, 0, OLD_BYTES);
    check_file(target, OLD_BYTES, SOURCE_BYTES, 0);
    close(target);
}

static void takes_a_device_too(int source) {
    int target = open("/dev/null", O_WRONLY);
    int64_t in_offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, &in_offset, target, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, SOURCE_BYTES);
    close(target);
}

int main(void) {
    int made = mkstemp(target_name);
    CHECK(made >= 0);
    close(made);
    int source = pattern_file(SOURCE_BYTES);
    writes_at_its_own_position(source);
    writes_at_an_offset(source);
    appends_where_the_file_was_opened_for_it(source);
    takes_a_device_too(source);
    unlink(target_name);
    return 0;
}
