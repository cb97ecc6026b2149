/*
 * Goal: a child after fork() is told that its parent's engine is not its own, disturbs nothing, and
 * can make one of its own, also where threads of the parent are in the middle of calls.
 * Method: children call each function while two threads of the parent start and close relays; the
 * parent's relay, begun before, works after that.
 */
#include "relay_support.h"

#define CHILDREN 40
#define THREADS 2

static zc_engine *engine;
static struct relay relay;
static volatile bool children_are_done;

static void check_engine_works(zc_engine *one) {
    struct relay made = relay_of(one, 1, 0, NULL);
    char got;
    CHECK_EQUAL(write(made.b, "x", 1), 1);
    CHECK_EQUAL(read(made.a, &got, 1), 1);
    close(made.a);
    close(made.b);
    CHECK_EQUAL(result_of(one).b_to_a.delivered, 1);
}

static void use_the_parents_engine(void) {
    zc_result result = ZC_RESULT_INIT;
    zc_relay_result relay_result;
    struct connection a = unix_connection(SOCK_STREAM), b = unix_connection(SOCK_STREAM);
    uint64_t id, a_to_b, b_to_a;
    size_t count = 99;
    CHECK_EQUAL(zc_relay_start(engine, a.in, b.in, NULL, &id, &result), ZC_UNSUPPORTED);
    CHECK(strlen(result.message) > 0);
    CHECK(is_open(a.in) && is_open(b.in) && !is_non_blocking(a.in));
    CHECK_EQUAL(zc_relay_close(engine, relay.id), ZC_UNSUPPORTED);
    CHECK_EQUAL(zc_relay_delivered(engine, relay.id, &a_to_b, &b_to_a), ZC_UNSUPPORTED);
    CHECK_EQUAL(zc_engine_completed(engine, &relay_result, 1, &count), ZC_UNSUPPORTED);
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(zc_engine_fd(engine), -1);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    zc_engine *own = engine_with(NULL);
    check_engine_works(own);
    CHECK_EQUAL(zc_engine_free(own), ZC_OK);
}

static void *start_and_close_all_the_time(void *unused) {
    zc_relay_result results[16];
    size_t count;
    while (!children_are_done) {
        struct relay made = relay_of(engine, 1, 1, NULL);
        CHECK_EQUAL(zc_relay_close(engine, made.id), ZC_OK);
        close(made.a);
        close(made.b);
        CHECK_EQUAL(zc_engine_completed(engine, results, 16, &count), ZC_OK);
    }
    return unused;
}

int main(void) {
    if (HAS_SANITIZER) {
        SKIP("the sanitizer's malloc is not made for a fork among threads, of which an engine has one");
    }
    engine = engine_with(NULL);
    relay = relay_of(engine, 0, 0, NULL);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, start_and_close_all_the_time, NULL) == 0);
    }
    for (int i = 0; i < CHILDREN; i++) {
        check_in_child(use_the_parents_engine);
    }
    children_are_done = true;
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    char got;
    CHECK_EQUAL(write(relay.a, "y", 1), 1);
    CHECK_EQUAL(read(relay.b, &got, 1), 1);
    CHECK_EQUAL(got, 'y');
    close(relay.a);
    close(relay.b);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    return 0;
}
