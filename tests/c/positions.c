/*
 * Goal: the caller's offset or the descriptor's position moves by what was delivered, never both;
 * the end of the file ends the transfer, and a file that does not know its size is read to its end.
 * Method: the same file with and without an offset, with counts beyond its end.
 */
#include "support.h"

#define FILE_BYTES 100000

static void uses_the_position_without_an_offset(int file) {
    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, 500);
    CHECK_EQUAL(lseek(file, 500, SEEK_SET), 500);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, 3000, NULL, &result), ZC_OK);
    CHECK_EQUAL(file_position(file), 3500);
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, 50000, NULL, &result), ZC_OK);
    CHECK_EQUAL(file_position(file), 53500);
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    CHECK_EQUAL(file_position(file), FILE_BYTES);
    CHECK_EQUAL(end_of(&receiver, way.out), FILE_BYTES - 500);
}

static void leaves_the_position_alone_with_an_offset(int file) {
    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, 90000);
    CHECK_EQUAL(lseek(file, 12, SEEK_SET), 12);
    int64_t offset = 90000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    CHECK_EQUAL(result.delivered, 10000);
    CHECK_EQUAL(offset, FILE_BYTES);
    CHECK_EQUAL(file_position(file), 12);
    CHECK_EQUAL(end_of(&receiver, way.out), 10000);
}

/* A count that is exactly what is left, one that is more, small and large. */
static void ends_where_the_file_ends(int file, int64_t offset, uint64_t count, uint64_t expected) {
    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, (uint64_t)offset);
    int64_t at = offset;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &at, way.out, NULL, count, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, expected);
    CHECK_EQUAL(result.end, expected < count ? ZC_END_SOURCE_ENDED : ZC_END_COMPLETE);
    CHECK_EQUAL(at, offset + (int64_t)expected);
    CHECK_EQUAL(end_of(&receiver, way.out), expected);
}

/* Its content differs from read to read, but its size is 0 and its first line is a mapping. */
static void reads_a_file_of_procfs(uint64_t count) {
    int maps = open("/proc/self/maps", O_RDONLY);
    CHECK(maps >= 0);
    CHECK_EQUAL(file_size(maps), 0);
    int target = empty_file(0);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(maps, &offset, target, NULL, count, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.end, count == UINT64_MAX ? ZC_END_SOURCE_ENDED : ZC_END_COMPLETE);
    CHECK_EQUAL(result.delivered, file_size(target));
    CHECK(count == UINT64_MAX ? result.delivered > 500 : result.delivered == count);
    char text[100] = "", access[5];
    unsigned long long begin, end;
    CHECK_EQUAL(pread(target, text, sizeof text - 1, 0), sizeof text - 1);
    CHECK_EQUAL(sscanf(text, "%llx-%llx %4s", &begin, &end, access), 3);
    CHECK(begin < end);
    close(target);
    close(maps);
}

int main(void) {
    int file = pattern_file(FILE_BYTES);
    uses_the_position_without_an_offset(file);
    leaves_the_position_alone_with_an_offset(file);
    ends_where_the_file_ends(file, FILE_BYTES - 700, 700, 700);
    ends_where_the_file_ends(file, FILE_BYTES - 700, 701, 700);
    ends_where_the_file_ends(file, FILE_BYTES - 70000, 70000, 70000);
    ends_where_the_file_ends(file, FILE_BYTES - 70000, 70001, 70000);
    ends_where_the_file_ends(file, FILE_BYTES, 1, 0);
    ends_where_the_file_ends(file, FILE_BYTES, UINT64_MAX, 0);
    ends_where_the_file_ends(file, FILE_BYTES + 5, 100, 0);
    ends_where_the_file_ends(file, INT64_MAX, 100, 0);
    ends_where_the_file_ends(file, INT64_MAX, UINT64_MAX, 0);
    int empty = empty_file(0);
    ends_where_the_file_ends(empty, 0, 1, 0);
    ends_where_the_file_ends(empty, 0, UINT64_MAX, 0);
    ends_where_the_file_ends(empty, 0, 0, 0);
    reads_a_file_of_procfs(UINT64_MAX);
    reads_a_file_of_procfs(300);
    return 0;
}
