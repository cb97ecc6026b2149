/*
 * Goal: a transfer leaves every descriptor as it was, and none behind.
 * Method: flags and options of all descriptors, and the list of open ones, before and after
 * transfers that succeed, fall back and fail.
 */
#include "support.h"

static int send_buffer(int socket) {
    int bytes;
    socklen_t size = sizeof bytes;
    CHECK(getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &size) == 0);
    return bytes;
}

static void keeps_flags_and_options(int file, struct connection way, bool has_fixed_buffer) {
    int in_flags = fcntl(file, F_GETFL), out_flags = fcntl(way.out, F_GETFL);
    int in_closing = fcntl(file, F_GETFD), out_closing = fcntl(way.out, F_GETFD);
    int buffer = has_fixed_buffer ? send_buffer(way.out) : 0;
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(fcntl(file, F_GETFL), in_flags);
    CHECK_EQUAL(fcntl(way.out, F_GETFL), out_flags);
    CHECK_EQUAL(fcntl(file, F_GETFD), in_closing);
    CHECK_EQUAL(fcntl(way.out, F_GETFD), out_closing);
    if (has_fixed_buffer) {
        CHECK_EQUAL(send_buffer(way.out), buffer);
    }
    end_of(&receiver, way.out);
}

static void all_ways(void) {
    int file = pattern_file(300000);
    /* The kernel lets the buffer of TCP grow by itself, unless a user has set its size. */
    struct connection tcp = tcp_connection();
    int bytes = 1 << 17;
    CHECK(setsockopt(tcp.out, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0);
    keeps_flags_and_options(file, tcp, true);
    keeps_flags_and_options(file, unix_connection(SOCK_STREAM), true);
    struct connection non_blocking = unix_connection(SOCK_STREAM);
    CHECK(fcntl(non_blocking.out, F_SETFL, O_RDWR | O_NONBLOCK) == 0);
    keeps_flags_and_options(file, non_blocking, true);
    keeps_flags_and_options(file, pipe_connection(), false);

    int append = empty_file(O_APPEND);
    int flags = fcntl(append, F_GETFL);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, NULL, append, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(fcntl(append, F_GETFL), flags);
    close(append);

    struct connection broken = unix_connection(SOCK_STREAM);
    close(broken.in);
    int64_t offset = 0;
    CHECK_EQUAL(zc_transfer(file, &offset, broken.out, NULL, 5000, NULL, &result), ZC_SYSTEM);
    CHECK_EQUAL(fcntl(broken.out, F_GETFL), O_RDWR);
    close(broken.out);
    close(file);
}

int main(void) {
    int before = open_descriptors();
    for (int round = 0; round < 20; round++) {
        all_ways();
    }
    CHECK_EQUAL(open_descriptors(), before);
    return 0;
}
