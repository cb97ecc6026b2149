/*
 * Goal: faults of peers and of the machine end no relay that can go on, lose no byte in silence, and
 * leave the engine as it was: no descriptor for a pipe, a target that never reads, a source that
 * sends byte by byte.
 * Method: each of them with real sockets; the limit of descriptors is set to what there is.
 */
#include "relay_support.h"

#include <sys/resource.h>

#define BULK_BYTES (4 << 20)

static void limit_descriptors(rlim_t count) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = count;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

/* Lets so many descriptors be opened and no more. Returns the limit that there was. */
static rlim_t allow_descriptors(int count) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    int lowest = dup(0);
    CHECK(lowest > 0);
    close(lowest);
    limit_descriptors((rlim_t)(lowest + count));
    return limit.rlim_cur;
}

static void engine_without_descriptors_is_an_errno(void) {
    int before = open_descriptors();
    /* It needs three. */
    for (int count = 0; count < 3; count++) {
        zc_engine *engine = NULL;
        zc_result result = ZC_RESULT_INIT;
        rlim_t limit = allow_descriptors(count);
        zc_status status = zc_engine_new(NULL, &result, &engine);
        limit_descriptors(limit);
        CHECK_EQUAL(status, ZC_SYSTEM);
        CHECK_EQUAL(result.error_number, EMFILE);
        CHECK(result.call != NULL && engine == NULL);
    }
    CHECK_EQUAL(open_descriptors(), before);
}

/* The offset is where the pattern goes on. Nothing is opened here. */
static void send_and_check(struct relay *relay, uint64_t offset) {
    struct receiver receiver;
    receive(&receiver, relay->b, offset);
    unsigned char block[1 << 16];
    for (uint64_t done = 0; done < BULK_BYTES; done += sizeof block) {
        for (size_t i = 0; i < sizeof block; i++) {
            block[i] = pattern_at(offset + done + i);
        }
        for (size_t sent = 0; sent < sizeof block;) {
            ssize_t count = write(relay->a, block + sent, sizeof block - sent);
            CHECK(count > 0);
            sent += (size_t)count;
        }
    }
    CHECK(shutdown(relay->a, SHUT_WR) == 0);
    CHECK(pthread_join(receiver.thread, NULL) == 0);
    CHECK_EQUAL(receiver.count, BULK_BYTES);
}

static void relay_copies_where_no_pipe_is_to_be_had(zc_engine *engine) {
    struct relay relay = relay_of(engine, 0, 0, NULL), later = relay_of(engine, 0, 0, NULL);
    rlim_t limit = allow_descriptors(0);
    send_and_check(&relay, 0);
    close(relay.b);
    close(relay.a);
    limit_descriptors(limit);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.a_to_b.end, ZC_RELAY_ENDED);
    CHECK_EQUAL(result.a_to_b.delivered, BULK_BYTES);
    CHECK_EQUAL(result.a_to_b.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result.a_to_b.fallback_mechanism, ZC_MECHANISM_SPLICE);
    CHECK_EQUAL(result.a_to_b.fallback_error_number, EMFILE);
    CHECK_EQUAL(result.a_to_b.fallback_count, 1);
    send_and_check(&later, 0);
    close(later.b);
    close(later.a);
    result = result_of(engine);
    CHECK(result.a_to_b.mechanisms & ZC_MECHANISM_SPLICE);
    CHECK_EQUAL(result.a_to_b.fallback_count, 0);
}

/* The target does not read; what is lost by closing is counted, and its peer does not take what it
 * got for all there was. */
static void closing_under_load_counts_what_is_lost(zc_engine *engine) {
    struct relay relay = relay_of(engine, 0, 0, NULL);
    static unsigned char block[1 << 16];
    uint64_t sent = 0, before = 1, to_b, to_a;
    /* Until nothing moves any more: the target is full, the pipe, and then the source. */
    struct pollfd asked = {.fd = relay.a, .events = POLLOUT};
    while (before != sent) {
        before = sent;
        ssize_t count;
        while ((count = send(relay.a, block, sizeof block, MSG_DONTWAIT)) > 0) {
            sent += (uint64_t)count;
        }
        CHECK(errno == EAGAIN);
        poll(&asked, 1, 200);
    }
    CHECK_EQUAL(zc_relay_delivered(engine, relay.id, &to_b, &to_a), ZC_OK);
    CHECK(to_b > 0 && to_b < sent);
    CHECK_EQUAL(to_a, 0);
    CHECK_EQUAL(zc_relay_close(engine, relay.id), ZC_OK);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.a_to_b.end, ZC_RELAY_CLOSED);
    CHECK(result.a_to_b.delivered >= to_b);
    CHECK(result.a_to_b.consumed > result.a_to_b.delivered && result.a_to_b.consumed <= sent);
    uint64_t got = 0;
    ssize_t count;
    while ((count = read(relay.b, block, sizeof block)) > 0) {
        got += (uint64_t)count;
    }
    CHECK(count < 0 && errno == ECONNRESET);
    CHECK(got <= result.a_to_b.delivered);
    close(relay.a);
    close(relay.b);
}

static void single_bytes_arrive(zc_engine *engine) {
    enum { BYTES = 500 };
    struct relay relay = relay_of(engine, 0, 1, NULL);
    struct feeder feeder;
    struct receiver receiver;
    receive(&receiver, relay.b, 0);
    feed_slowly(&feeder, relay.a, BYTES, 1, 10);
    end_feeder(&feeder);
    CHECK(pthread_join(receiver.thread, NULL) == 0);
    CHECK_EQUAL(receiver.count, BYTES);
    close(relay.b);
    CHECK_EQUAL(result_of(engine).a_to_b.delivered, BYTES);
}

int main(void) {
    engine_without_descriptors_is_an_errno();
    zc_engine *engine = engine_with(NULL);
    relay_copies_where_no_pipe_is_to_be_had(engine);
    closing_under_load_counts_what_is_lost(engine);
    single_bytes_arrive(engine);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    return 0;
}
