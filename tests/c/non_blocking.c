/*
 * Goal: a descriptor in non-blocking mode gets everything too, and stays in its mode; so does a
 * socket whose owner has limited how long it may block.
 * Method: a slow receiver, so that the way is full again and again.
 */
#include "support.h"

static void delivers_all(struct connection way, uint64_t count, long pause_us) {
    int file = pattern_file(count);
    int flags = fcntl(way.out, F_GETFL);
    struct receiver receiver;
    receive_slowly(&receiver, way.in, 1 << 16, pause_us);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, count, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(fcntl(way.out, F_GETFL), flags);
    CHECK(result.system_calls > 2);
    CHECK_EQUAL(end_of(&receiver, way.out), count);
    close(file);
}

static struct connection non_blocking(struct connection way) {
    CHECK(fcntl(way.out, F_SETFL, fcntl(way.out, F_GETFL) | O_NONBLOCK) == 0);
    return way;
}

/* With a limit that is shorter than the receiver's pauses. */
static struct connection with_time_limit(struct connection way) {
    struct timeval limit = {.tv_usec = 4000};
    CHECK(setsockopt(way.out, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
    return way;
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
    delivers_all(non_blocking(short_tcp_connection()), count, 500);
    delivers_all(non_blocking(unix_connection(SOCK_STREAM)), count, 500);
    delivers_all(non_blocking(pipe_connection()), count, 500);
    delivers_all(with_time_limit(short_tcp_connection()), count / 2, 10000);
    delivers_all(with_time_limit(unix_connection(SOCK_STREAM)), count / 2, 10000);
    return 0;
}
