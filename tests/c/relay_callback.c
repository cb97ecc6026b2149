/*
 * Goal: results come by callback, once for each relay, on a thread whose signals are masked and from
 * which relays can be started and closed; freeing the engine from there is refused; freeing it from
 * outside ends and tells all relays. No SIGPIPE comes.
 * Method: callbacks that count, and that call what they may and what they may not; a chain of relays
 * of which each is started by the end of the one before.
 */
#include "relay_support.h"

#define RELAYS 500
#define CHAIN_LENGTH 20

struct told {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    zc_engine *engine;
    size_t count;
    uint64_t sum_of_ids;
    size_t closed_count;
    zc_status free_status;
    bool are_signals_masked;
    size_t started_count;
};

static void begin(struct told *told) {
    memset(told, 0, sizeof *told);
    CHECK(pthread_mutex_init(&told->lock, NULL) == 0);
    CHECK(pthread_cond_init(&told->changed, NULL) == 0);
    told->are_signals_masked = true;
}

static void count(struct told *told, const zc_relay_result *result) {
    CHECK(pthread_mutex_lock(&told->lock) == 0);
    sigset_t masked;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &masked) == 0);
    told->are_signals_masked &= sigismember(&masked, SIGPIPE) && sigismember(&masked, SIGTERM)
                                && sigismember(&masked, SIGUSR1);
    told->count++;
    told->sum_of_ids += result->id;
    told->closed_count += result->a_to_b.end == ZC_RELAY_CLOSED;
    CHECK(pthread_cond_signal(&told->changed) == 0);
    CHECK(pthread_mutex_unlock(&told->lock) == 0);
}

static void wait_for(struct told *told, size_t wanted) {
    CHECK(pthread_mutex_lock(&told->lock) == 0);
    while (told->count < wanted) {
        CHECK(pthread_cond_wait(&told->changed, &told->lock) == 0);
    }
    CHECK(pthread_mutex_unlock(&told->lock) == 0);
}

static zc_engine *engine_telling(struct told *told, zc_relay_ended call, uint32_t threads) {
    begin(told);
    zc_engine_options options = ZC_ENGINE_OPTIONS_INIT;
    options.threads = threads;
    options.on_relay_ended = call;
    options.relay_ended_context = told;
    return told->engine = engine_with(&options);
}

static void only_count(void *context, const zc_relay_result *result) { count(context, result); }

/* Half of the relays end by themselves, the rest with the engine; the descriptors are as before. */
static void each_relay_is_told_once(uint32_t threads) {
    static struct relay relays[RELAYS];
    int before = open_descriptors();
    struct told told;
    zc_engine *engine = engine_telling(&told, only_count, threads);
    uint64_t sum_of_ids = 0;
    for (int i = 0; i < RELAYS; i++) {
        relays[i] = relay_of(engine, 1, i & 1, NULL);
        sum_of_ids += relays[i].id;
    }
    for (int i = 0; i < RELAYS / 2; i++) {
        char got;
        CHECK_EQUAL(write(relays[i].a, "x", 1), 1);
        CHECK_EQUAL(read(relays[i].b, &got, 1), 1);
        close(relays[i].a);
        close(relays[i].b);
    }
    wait_for(&told, RELAYS / 2);
    CHECK_EQUAL(told.closed_count, 0);
    /* What a relay has is two descriptors, and its outer ends are two. */
    size_t own = 1 + 2 * (size_t)threads;
    CHECK_EQUAL(open_descriptors(), before + (int)own + 4 * (RELAYS / 2));
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    CHECK_EQUAL(told.count, RELAYS);
    CHECK_EQUAL(told.sum_of_ids, sum_of_ids);
    CHECK_EQUAL(told.closed_count, RELAYS - RELAYS / 2);
    CHECK(told.are_signals_masked);
    for (int i = RELAYS / 2; i < RELAYS; i++) {
        char got;
        CHECK_EQUAL(read(relays[i].a, &got, 1), 0);
        close(relays[i].a);
        close(relays[i].b);
    }
    CHECK_EQUAL(open_descriptors(), before);
}

/* The result that comes first starts the next relay, and closes it, whose result does the same. */
static void start_the_next(void *context, const zc_relay_result *result) {
    struct told *told = context;
    uint64_t a_to_b, b_to_a;
    CHECK_EQUAL(zc_relay_delivered(told->engine, result->id, &a_to_b, &b_to_a),
                ZC_INVALID_ARGUMENT);
    if (told->started_count < CHAIN_LENGTH) {
        told->started_count++;
        struct relay next = relay_of(told->engine, 1, 1, NULL);
        CHECK_EQUAL(zc_relay_delivered(told->engine, next.id, &a_to_b, &b_to_a), ZC_OK);
        CHECK_EQUAL(zc_relay_close(told->engine, next.id), ZC_OK);
        close(next.a);
        close(next.b);
    }
    count(told, result);
}

static void relays_are_started_by_the_callback(void) {
    int before = open_descriptors();
    struct told told;
    zc_engine *engine = engine_telling(&told, start_the_next, 1);
    struct relay first = relay_of(engine, 1, 1, NULL);
    close(first.a);
    close(first.b);
    wait_for(&told, CHAIN_LENGTH + 1);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    CHECK_EQUAL(told.count, CHAIN_LENGTH + 1);
    CHECK_EQUAL(open_descriptors(), before);
}

/* Whatever ends is replaced, until the engine refuses; what it refuses is the caller's to close. */
static void always_start_another(void *context, const zc_relay_result *result) {
    struct told *told = context;
    struct connection a = unix_connection(SOCK_STREAM), b = unix_connection(SOCK_STREAM);
    zc_result started = ZC_RESULT_INIT;
    zc_status status = zc_relay_start(told->engine, a.in, b.in, NULL, NULL, &started);
    CHECK(status == ZC_OK || status == ZC_UNSUPPORTED);
    if (status == ZC_UNSUPPORTED) {
        CHECK(is_open(a.in) && !is_non_blocking(a.in) && !is_non_blocking(b.in));
        close(a.in);
        close(b.in);
    }
    close(a.out);
    close(b.out);
    count(told, result);
}

/* Chains of relays that never end by themselves, on several threads, end with their engine. */
static void freeing_ends_what_is_started_again_and_again(void) {
    int before = open_descriptors();
    struct told told;
    zc_engine *engine = engine_telling(&told, always_start_another, 3);
    for (int i = 0; i < 10; i++) {
        struct relay relay = relay_of(engine, 1, 1, NULL);
        close(relay.a);
        close(relay.b);
    }
    wait_for(&told, 100);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    CHECK_EQUAL(open_descriptors(), before);
}

static void free_the_engine(void *context, const zc_relay_result *result) {
    struct told *told = context;
    told->free_status = zc_engine_free(told->engine);
    count(told, result);
}

static void freeing_by_the_callback_is_refused(void) {
    struct told told;
    zc_engine *engine = engine_telling(&told, free_the_engine, 2);
    for (int i = 0; i < 4; i++) {
        struct relay relay = relay_of(engine, 1, 1, NULL);
        close(relay.a);
        close(relay.b);
        wait_for(&told, (size_t)i + 1);
        CHECK_EQUAL(told.free_status, ZC_INVALID_ARGUMENT);
    }
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
}

/* The engine writes to sockets whose peers are gone, by both mechanisms, while SIGPIPE would kill. */
static void no_sigpipe_comes(void) {
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    struct told told;
    zc_engine *engine = engine_telling(&told, only_count, 1);
    static unsigned char bytes[1 << 20];
    uint32_t mechanisms[] = {ZC_MECHANISM_COPY, ZC_MECHANISM_SPLICE, 0};
    for (int i = 0; i < 6; i++) {
        zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
        options.mechanisms = mechanisms[i / 2];
        struct relay relay = relay_of(engine, 1, i & 1, &options);
        close(relay.b);
        while (send(relay.a, bytes, sizeof bytes, MSG_NOSIGNAL) > 0) {
        }
        CHECK(errno == EPIPE || errno == ECONNRESET);
        close(relay.a);
        wait_for(&told, (size_t)i + 1);
    }
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    sigset_t pending;
    CHECK(sigpending(&pending) == 0);
    CHECK(!sigismember(&pending, SIGPIPE));
}

int main(void) {
    each_relay_is_told_once(1);
    each_relay_is_told_once(3);
    relays_are_started_by_the_callback();
    freeing_ends_what_is_started_again_and_again();
    freeing_by_the_callback_is_refused();
    no_sigpipe_comes();
    return 0;
}
