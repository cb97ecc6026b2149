/*
 * Goal: a file that fits in one datagram leaves as one, by the copy: sendfile would cut it at
 * pages.
 * Method: a connected pair of UDP sockets and one of UNIX datagram sockets.
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

int main(void) {
    one_datagram(udp_connection(), 1);
    one_datagram(udp_connection(), 1400);
    one_datagram(udp_connection(), 9000);
    one_datagram(udp_connection(), 60000);
    one_datagram(unix_connection(SOCK_DGRAM), 9000);
    one_datagram(unix_connection(SOCK_SEQPACKET), 9000);
    return 0;
}
