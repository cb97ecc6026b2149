/*
 * Goal: a descriptor in non-blocking mode gets everything too, and stays in its mode.
 * Method: a slow receiver, so that the way is full again and again.
 */
#include "support.h"

static void waits_until_all_is_delivered(struct connection way, uint64_t count) {
    int file = pattern_file(count);
    int flags = fcntl(way.out, F_GETFL) | O_NONBLOCK;
    CHECK(fcntl(way.out, F_SETFL, flags) == 0);
    struct receiver receiver;
    receive_slowly(&receiver, way.in, 1 << 16, 500);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, count, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(fcntl(way.out, F_GETFL), flags);
    CHECK(result.system_calls > 2);
    CHECK_EQUAL(end_of(&receiver, way.out), count);
    close(file);
}

/* The kernel can make the way as long as it likes; this keeps it short. */
static struct connection short_tcp_connection(void) {
    struct connection way = tcp_connection();
    int bytes = 1 << 16;
    CHECK(setsockopt(way.out, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0);
    CHECK(setsockopt(way.in, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) == 0);
    return way;
}

int main(void) {
    const uint64_t count = 8 << 20;
    waits_until_all_is_delivered(short_tcp_connection(), count);
    waits_until_all_is_delivered(unix_connection(SOCK_STREAM), count);
    waits_until_all_is_delivered(pipe_connection(), count);
    return 0;
}
