/*
 * Goal: wrong arguments are statuses with words, and take nothing: both descriptors stay open, with
 * their flags, and the engine goes on.
 * Method: each wrong argument at each function; then a relay that works.
 */
#include "relay_support.h"

static zc_engine *engine;
static struct connection good;

/* Fails unless the pair is refused, and stays as it was. */
static void check_refused(int a, int b, const zc_relay_options *options, zc_status status,
                          int error_number) {
    uint64_t id = 99;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_relay_start(engine, a, b, options, &id, &result), status);
    CHECK_EQUAL(id, 0);
    CHECK_EQUAL(result.error_number, error_number);
    CHECK((result.call != NULL) == (error_number != 0));
    CHECK(strlen(result.message) > 0);
    CHECK(is_open(good.out) && is_open(good.in));
    CHECK(!is_non_blocking(good.out) && !is_non_blocking(good.in));
}

static void sockets_that_can_not_be_relayed_are_refused(void) {
    int closed = dup(good.out), file = empty_file(0), other = socket(AF_INET, SOCK_STREAM, 0);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listen(listener, 1) == 0);
    struct connection datagrams = udp_connection(), pipe = pipe_connection();
    struct connection packets = unix_connection(SOCK_DGRAM), rows = unix_connection(SOCK_SEQPACKET);
    close(closed);
    struct {
        int fd;
        zc_status status;
        int error_number;
    } cases[] = {
        {-1, ZC_INVALID_ARGUMENT, 0},        {closed, ZC_SYSTEM, EBADF},
        {1 << 20, ZC_SYSTEM, EBADF},         {file, ZC_SYSTEM, ENOTSOCK},
        {pipe.in, ZC_SYSTEM, ENOTSOCK},      {other, ZC_SYSTEM, ENOTCONN},
        {listener, ZC_SYSTEM, ENOTCONN},     {datagrams.out, ZC_UNSUPPORTED, 0},
        {packets.out, ZC_UNSUPPORTED, 0},    {rows.out, ZC_UNSUPPORTED, 0},
        {good.out, ZC_INVALID_ARGUMENT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_refused(good.out, cases[i].fd, NULL, cases[i].status, cases[i].error_number);
        check_refused(cases[i].fd, good.out, NULL, cases[i].status, cases[i].error_number);
        CHECK(cases[i].fd == closed || cases[i].fd < 0 || cases[i].fd == 1 << 20
              || is_open(cases[i].fd));
    }
    int opened[] = {file, other, listener, datagrams.out, datagrams.in, pipe.out, pipe.in,
                    packets.out, packets.in, rows.out, rows.in};
    for (size_t i = 0; i < sizeof opened / sizeof *opened; i++) {
        CHECK(close(opened[i]) == 0);
    }
}

static void wrong_options_are_refused(void) {
    zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
    options.size--;
    check_refused(good.out, good.in, &options, ZC_INVALID_ARGUMENT, 0);
    options = (zc_relay_options)ZC_RELAY_OPTIONS_INIT;
    options.reserved = 1;
    check_refused(good.out, good.in, &options, ZC_INVALID_ARGUMENT, 0);
    options = (zc_relay_options)ZC_RELAY_OPTIONS_INIT;
    options.preface_to_a_bytes = 1;
    check_refused(good.out, good.in, &options, ZC_INVALID_ARGUMENT, 0);
    options = (zc_relay_options)ZC_RELAY_OPTIONS_INIT;
    options.preface_to_b_bytes = 1;
    check_refused(good.out, good.in, &options, ZC_INVALID_ARGUMENT, 0);
    options = (zc_relay_options)ZC_RELAY_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_SENDFILE | ZC_MECHANISM_MAPPED;
    check_refused(good.out, good.in, &options, ZC_UNSUPPORTED, 0);
}

static void engine_with_wrong_options_is_not_made(void) {
    zc_engine *none = engine;
    zc_result result = ZC_RESULT_INIT;
    zc_engine_options options = ZC_ENGINE_OPTIONS_INIT;
    options.threads = 257;
    CHECK_EQUAL(zc_engine_new(&options, &result, &none), ZC_INVALID_ARGUMENT);
    CHECK(none == NULL && strlen(result.message) > 0);
    options = (zc_engine_options)ZC_ENGINE_OPTIONS_INIT;
    options.size--;
    CHECK_EQUAL(zc_engine_new(&options, &result, &none), ZC_INVALID_ARGUMENT);
    options = (zc_engine_options)ZC_ENGINE_OPTIONS_INIT;
    options.reserved = 1;
    CHECK_EQUAL(zc_engine_new(&options, &result, &none), ZC_INVALID_ARGUMENT);
    none = engine;
    CHECK_EQUAL(zc_engine_new(NULL, NULL, &none), ZC_NULL_ARGUMENT);
    CHECK(none == NULL);
    CHECK_EQUAL(zc_engine_new(NULL, &result, NULL), ZC_NULL_ARGUMENT);
    result.size = 8;
    CHECK_EQUAL(zc_engine_new(NULL, &result, &none), ZC_INVALID_ARGUMENT);
    CHECK(none == NULL);
}

static void null_is_refused(void) {
    uint64_t id = 99, count_a, count_b;
    size_t count = 99;
    zc_result result = ZC_RESULT_INIT;
    zc_relay_result relay_result;
    CHECK_EQUAL(zc_relay_start(NULL, good.out, good.in, NULL, &id, &result), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(id, 0);
    CHECK_EQUAL(zc_relay_start(engine, good.out, good.in, NULL, &id, NULL), ZC_NULL_ARGUMENT);
    result.size = 8;
    CHECK_EQUAL(zc_relay_start(engine, good.out, good.in, NULL, &id, &result),
                ZC_INVALID_ARGUMENT);
    CHECK(is_open(good.out) && !is_non_blocking(good.out));
    CHECK_EQUAL(zc_relay_close(NULL, 1), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_relay_close(engine, 12345), ZC_OK);
    CHECK_EQUAL(zc_relay_delivered(NULL, 1, &count_a, &count_b), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_relay_delivered(engine, 1, NULL, &count_b), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_relay_delivered(engine, 1, &count_a, NULL), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_relay_delivered(engine, 12345, &count_a, &count_b), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_engine_fd(NULL), -1);
    CHECK_EQUAL(zc_engine_completed(NULL, &relay_result, 1, &count), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_engine_completed(engine, &relay_result, 1, NULL), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_engine_completed(engine, NULL, 1, &count), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(count, 0);
    CHECK_EQUAL(zc_engine_completed(engine, &relay_result, 1, &count), ZC_OK);
    CHECK_EQUAL(count, 0);
}

int main(void) {
    int before = open_descriptors();
    engine = engine_with(NULL);
    good = tcp_connection();
    sockets_that_can_not_be_relayed_are_refused();
    wrong_options_are_refused();
    engine_with_wrong_options_is_not_made();
    null_is_refused();
    /* A struct that is larger than this version's is that of a later one. */
    struct {
        zc_relay_options options;
        uint64_t more;
    } later = {.options = {.size = sizeof later}, .more = 7};
    struct connection other = tcp_connection();
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_relay_start(engine, good.in, other.in, &later.options, NULL, &result), ZC_OK);
    CHECK_EQUAL(write(good.out, "x", 1), 1);
    char got;
    CHECK_EQUAL(read(other.out, &got, 1), 1);
    CHECK_EQUAL(got, 'x');
    close(good.out);
    close(other.out);
    CHECK_EQUAL(result_of(engine).a_to_b.delivered, 1);
    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    CHECK_EQUAL(open_descriptors(), before);
    return 0;
}
