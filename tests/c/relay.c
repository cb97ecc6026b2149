/*
 * Goal: a relay carries both directions to their ends, and its result says how they ended; what is
 * no pair of connected stream sockets is refused, and then nothing is taken.
 * Method: an engine with real sockets of both kinds, whose outer ends the program holds; results are
 * taken by polling. Descriptors are counted.
 */
#include "relay_support.h"

#define BULK_BYTES (HAS_VALGRIND ? 3000001 : 20000001)

/* Both ends send the pattern at the same time, end their streams, and read to the end. */
static void both_directions_are_carried(zc_engine *engine, int a_kind, int b_kind) {
    struct relay relay = relay_of(engine, a_kind, b_kind, NULL);
    struct feeder from_a, from_b;
    struct receiver to_a, to_b;
    receive(&to_a, dup(relay.a), 0);
    receive(&to_b, dup(relay.b), 0);
    /* A feeder closes its descriptor, which is no end as long as there is another one. */
    feed(&from_a, dup(relay.a), BULK_BYTES);
    feed(&from_b, dup(relay.b), 1000);
    end_feeder(&from_a);
    end_feeder(&from_b);
    CHECK(shutdown(relay.a, SHUT_WR) == 0 && shutdown(relay.b, SHUT_WR) == 0);
    CHECK_EQUAL(end_of(&to_b, relay.b), BULK_BYTES);
    CHECK_EQUAL(end_of(&to_a, relay.a), 1000);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.id, relay.id);
    CHECK(result.user_data == NULL);
    CHECK_EQUAL(result.a_to_b.delivered, BULK_BYTES);
    CHECK_EQUAL(result.a_to_b.consumed, BULK_BYTES);
    CHECK_EQUAL(result.a_to_b.end, ZC_RELAY_ENDED);
    CHECK(result.a_to_b.mechanisms & ZC_MECHANISM_SPLICE);
    CHECK_EQUAL(result.b_to_a.delivered, 1000);
    CHECK_EQUAL(result.b_to_a.end, ZC_RELAY_ENDED);
    CHECK_EQUAL(result.b_to_a.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result.b_to_a.error_number, 0);
    CHECK(result.b_to_a.call == NULL);
    CHECK(result.elapsed_ns > 0);
    CHECK_EQUAL(result.reserved[0] + result.reserved[1] + result.reserved[2], 0);
}

/* An answer that comes after the end of the question. */
static void half_close_is_passed_on(zc_engine *engine) {
    struct relay relay = relay_of(engine, 1, 0, NULL);
    char got[16];
    CHECK_EQUAL(write(relay.a, "question", 8), 8);
    CHECK(shutdown(relay.a, SHUT_WR) == 0);
    CHECK_EQUAL(recv(relay.b, got, 8, MSG_WAITALL), 8);
    CHECK_EQUAL(read(relay.b, got, 1), 0);
    uint64_t a_to_b, b_to_a;
    CHECK_EQUAL(zc_relay_delivered(engine, relay.id, &a_to_b, &b_to_a), ZC_OK);
    CHECK_EQUAL(b_to_a, 0);
    CHECK_EQUAL(write(relay.b, "answer", 6), 6);
    CHECK_EQUAL(recv(relay.a, got, 6, MSG_WAITALL), 6);
    close(relay.b);
    CHECK_EQUAL(read(relay.a, got, 1), 0);
    close(relay.a);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.a_to_b.end, ZC_RELAY_ENDED);
    CHECK_EQUAL(result.b_to_a.end, ZC_RELAY_ENDED);
    CHECK_EQUAL(zc_relay_delivered(engine, relay.id, &a_to_b, &b_to_a), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(a_to_b + b_to_a, 0);
}

static void reset_is_passed_on(zc_engine *engine) {
    struct relay relay = relay_of(engine, 0, 0, NULL);
    char got[16];
    CHECK_EQUAL(write(relay.a, "half of it", 10), 10);
    CHECK_EQUAL(recv(relay.b, got, 10, MSG_WAITALL), 10);
    reset(relay.a);
    CHECK(read(relay.b, got, 1) < 0 && errno == ECONNRESET);
    close(relay.b);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.a_to_b.end, ZC_RELAY_SOURCE_FAILED);
    CHECK_EQUAL(result.a_to_b.error_number, ECONNRESET);
    CHECK(result.a_to_b.call != NULL && strlen(result.a_to_b.call) > 0);
    CHECK_EQUAL(result.b_to_a.end, ZC_RELAY_TARGET_FAILED);
    CHECK_EQUAL(result.a_to_b.delivered, 10);
}

/* Each of what ends a silent relay; the peers see the end of the stream. */
static void silent_relay_ends(zc_engine *engine) {
    for (int end = ZC_RELAY_IDLE_TIMED_OUT; end <= ZC_RELAY_CLOSED; end++) {
        zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
        options.idle_timeout_ms = end == ZC_RELAY_IDLE_TIMED_OUT ? 30 : 0;
        options.timeout_ms = end == ZC_RELAY_TIMED_OUT ? 30 : 0;
        options.user_data = &options;
        struct relay relay = relay_of(engine, 0, 1, &options);
        if (end == ZC_RELAY_CLOSED) {
            CHECK_EQUAL(zc_relay_close(engine, relay.id), ZC_OK);
        }
        char got;
        CHECK_EQUAL(read(relay.a, &got, 1), 0);
        CHECK_EQUAL(read(relay.b, &got, 1), 0);
        close(relay.a);
        close(relay.b);
        zc_relay_result result = result_of(engine);
        CHECK(result.user_data == &options);
        CHECK_EQUAL(result.a_to_b.end, end);
        CHECK_EQUAL(result.b_to_a.end, end);
        CHECK_EQUAL(zc_relay_close(engine, relay.id), ZC_OK);
    }
}

/* What was read before comes first, though it is more than a socket takes. */
static void prefaces_come_first(zc_engine *engine) {
    enum { PREFACE_BYTES = 8 << 20 };
    unsigned char *preface = malloc(PREFACE_BYTES), rest[100];
    for (size_t i = 0; i < PREFACE_BYTES; i++) {
        preface[i] = pattern_at(i);
    }
    for (size_t i = 0; i < sizeof rest; i++) {
        rest[i] = pattern_at(PREFACE_BYTES + i);
    }
    zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
    options.preface_to_b = preface;
    options.preface_to_b_bytes = PREFACE_BYTES;
    options.preface_to_a = "hello";
    options.preface_to_a_bytes = 5;
    struct relay relay = relay_of(engine, 0, 0, &options);
    /* They were copied. */
    memset(preface, 0, PREFACE_BYTES);
    free(preface);
    CHECK_EQUAL(write(relay.a, rest, sizeof rest), sizeof rest);
    CHECK(shutdown(relay.a, SHUT_WR) == 0);
    struct receiver to_b;
    receive(&to_b, relay.b, 0);
    char got[5];
    CHECK_EQUAL(recv(relay.a, got, 5, MSG_WAITALL), 5);
    CHECK(memcmp(got, "hello", 5) == 0);
    CHECK(pthread_join(to_b.thread, NULL) == 0);
    CHECK_EQUAL(to_b.count, PREFACE_BYTES + sizeof rest);
    close(relay.b);
    close(relay.a);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.a_to_b.delivered, PREFACE_BYTES + sizeof rest);
    CHECK_EQUAL(result.b_to_a.delivered, 5);
}

/* Only what is allowed is used, and a pace is kept: its sum, not its time. */
static void options_are_kept(zc_engine *engine) {
    enum { BYTES = 500000 };
    zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_COPY;
    options.bytes_per_second = 10 * BYTES;
    struct relay relay = relay_of(engine, 0, 0, &options);
    struct feeder feeder;
    struct receiver receiver;
    receive(&receiver, relay.b, 0);
    feed(&feeder, relay.a, BYTES);
    end_feeder(&feeder);
    CHECK(pthread_join(receiver.thread, NULL) == 0);
    CHECK_EQUAL(receiver.count, BYTES);
    close(relay.b);
    zc_relay_result result = result_of(engine);
    CHECK_EQUAL(result.a_to_b.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result.a_to_b.delivered, BYTES);
}

int main(void) {
    int before = open_descriptors();
    zc_engine *engine = engine_with(NULL);
    for (int kinds = 0; kinds < 4; kinds++) {
        both_directions_are_carried(engine, kinds & 1, kinds >> 1);
    }
    half_close_is_passed_on(engine);
    reset_is_passed_on(engine);
    silent_relay_ends(engine);
    prefaces_come_first(engine);
    options_are_kept(engine);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    CHECK_EQUAL(zc_engine_free(NULL), ZC_OK);
    /* But for the pipes that lie idle, two descriptors each. */
    while (open_descriptors() > before) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return 0;
}
