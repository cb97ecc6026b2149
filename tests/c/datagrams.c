/*
 * Goal: a file that fits in one datagram leaves as one, by the copy: sendfile would cut it at
 * pages. Datagrams from a socket are moved one by one, each whole.
 * Method: connected pairs of UDP sockets and of UNIX datagram sockets.
 */
#include "support.h"

static void one_datagram(struct connection way, uint64_t count) {
    int file = pattern_file(count);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, count, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_COPY);

    unsigned char datagram[1 << 16];
    CHECK_EQUAL(recv(way.in, datagram, sizeof datagram, MSG_DONTWAIT), count);
    check_pattern(datagram, count, 0);
    CHECK(recv(way.in, datagram, sizeof datagram, MSG_DONTWAIT) < 0 && errno == EAGAIN);
    close(file);
    close(way.in);
    close(way.out);
}

/* The borders stay: each datagram is one again, or one piece of a stream behind the other. */
static void moves_each_whole(struct connection source, struct connection target, bool is_stream) {
    const size_t sizes[] = {1, 1400, 20000, 3, 9000, 4096};
    unsigned char datagram[1 << 16];
    size_t total = 0;
    for (int i = 0; i < 6; i++) {
        for (size_t at = 0; at < sizes[i]; at++) {
            datagram[at] = pattern_at(total + at);
        }
        CHECK_EQUAL(send(source.out, datagram, sizes[i], 0), sizes[i]);
        total += sizes[i];
    }
    /* A datagram goes out as it came in, whatever a chunk is. */
    zc_options options = ZC_OPTIONS_INIT;
    options.chunk_bytes = 1000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, total, &options, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_COMPLETE);
    CHECK_EQUAL(result.delivered, total);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_COPY);
    if (is_stream) {
        close(target.out);
        CHECK_EQUAL(read_rest(target.in, 0), total);
    } else {
        size_t at = 0;
        for (int i = 0; i < 6; i++) {
            CHECK_EQUAL(recv(target.in, datagram, sizeof datagram, MSG_DONTWAIT), sizes[i]);
            check_pattern(datagram, sizes[i], at);
            at += sizes[i];
        }
        close(target.out);
        close(target.in);
    }
    close(source.in);
    close(source.out);
}

/* The source never ends, so that a limit has to. */
static void waits_for_the_next(void) {
    struct connection source = udp_connection(), target = udp_connection();
    CHECK_EQUAL(send(source.out, "", 0, 0), 0);
    CHECK_EQUAL(send(source.out, "x", 1, 0), 1);
    zc_options options = ZC_OPTIONS_INIT;
    options.idle_timeout_ms = 30;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, UINT64_MAX, &options, &result),
                ZC_IDLE_TIMED_OUT);
    CHECK_EQUAL(result.delivered, 1);
    CHECK_EQUAL(result.undelivered_fd, -1);
    close(source.in);
    close(source.out);
    close(target.in);
    close(target.out);
}

int main(void) {
    moves_each_whole(udp_connection(), udp_connection(), false);
    moves_each_whole(udp_connection(), unix_connection(SOCK_DGRAM), false);
    moves_each_whole(unix_connection(SOCK_DGRAM), udp_connection(), false);
    moves_each_whole(unix_connection(SOCK_SEQPACKET), unix_connection(SOCK_SEQPACKET), false);
    for (int to = 0; to < 3; to++) {
        moves_each_whole(udp_connection(), stream_of(to), true);
    }
    waits_for_the_next();
    one_datagram(udp_connection(), 1);
    one_datagram(udp_connection(), 1400);
    one_datagram(udp_connection(), 9000);
    one_datagram(udp_connection(), 60000);
    one_datagram(unix_connection(SOCK_DGRAM), 9000);
    one_datagram(unix_connection(SOCK_SEQPACKET), 9000);
    return 0;
}
