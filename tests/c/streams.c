/*
 * Goal: every byte of a file arrives at a TCP connection, a UNIX connection and a pipe, whatever
 * the size and the place in the file, and the result says so.
 * Method: sizes and offsets around the borders of pages, of the copy of small files and of the
 * buffers; the receiver checks each byte against the pattern of the file.
 */
#include "support.h"

#define FILE_BYTES ((uint64_t)5 << 20)

static void transfer_part(int file, struct connection way, int64_t offset, uint64_t count) {
    struct receiver receiver;
    receive(&receiver, way.in, (uint64_t)offset);
    int64_t at = offset;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &at, way.out, NULL, count, NULL, &result), ZC_OK);

    CHECK_EQUAL(end_of(&receiver, way.out), count);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.consumed, count);
    CHECK_EQUAL(result.end, ZC_END_COMPLETE);
    CHECK_EQUAL(result.error_number, 0);
    CHECK(result.call == NULL);
    CHECK_EQUAL(result.undelivered_fd, -1);
    CHECK_EQUAL(result.size, sizeof result);
    CHECK((result.mechanisms != 0) == (count > 0));
    CHECK((result.system_calls != 0) == (count > 0));
    CHECK_EQUAL(at, offset + (int64_t)count);
}

int main(void) {
    const uint64_t counts[] = {0, 1, 511, 4095, 4096, 4097, 65535, 65536, 65537, (1 << 20) + 1,
                               FILE_BYTES - 4097};
    const int64_t offsets[] = {0, 1, 4097};
    int file = pattern_file(FILE_BYTES);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        for (size_t j = 0; j < sizeof offsets / sizeof *offsets; j++) {
            transfer_part(file, tcp_connection(), offsets[j], counts[i]);
            transfer_part(file, unix_connection(SOCK_STREAM), offsets[j], counts[i]);
            transfer_part(file, pipe_connection(), offsets[j], counts[i]);
        }
    }
    CHECK_EQUAL(file_position(file), 0);
    return 0;
}
