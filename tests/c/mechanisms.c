/*
 * Goal: the caller chooses among the mechanisms, a transfer uses no other, and the environment
 * variable ZEROCOPY_NIO_DISABLE forbids them to the whole process.
 * Method: the same transfer with different options; a child for each value of the variable, which
 * is read once. The result names the mechanism that moved the bytes.
 */
#include "support.h"

#define FILE_BYTES 300000

static zc_status status;
static const char *disabled;
static uint32_t expected;

static zc_result transfer(uint32_t mechanisms) {
    int file = pattern_file(FILE_BYTES);
    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanisms;
    zc_result result = ZC_RESULT_INIT;
    status = zc_transfer(file, NULL, way.out, NULL, UINT64_MAX, &options, &result);
    CHECK_EQUAL(end_of(&receiver, way.out), result.delivered);
    close(file);
    return result;
}

static void uses_only_what_the_options_allow(void) {
    const uint32_t both = ZC_MECHANISM_SENDFILE | ZC_MECHANISM_COPY;
    const uint32_t allowed[] = {0, both, UINT32_MAX, ZC_MECHANISM_SENDFILE, ZC_MECHANISM_COPY};
    const uint32_t used[] = {ZC_MECHANISM_SENDFILE, ZC_MECHANISM_SENDFILE, ZC_MECHANISM_SENDFILE,
                             ZC_MECHANISM_SENDFILE, ZC_MECHANISM_COPY};
    for (int i = 0; i < 5; i++) {
        zc_result result = transfer(allowed[i]);
        CHECK_EQUAL(status, ZC_OK);
        CHECK_EQUAL(result.delivered, FILE_BYTES);
        CHECK_EQUAL(result.mechanisms, used[i]);
        CHECK_EQUAL(result.fallback_mechanism, 0);
    }
}

static void says_that_nothing_serves(void) {
    int file = pattern_file(FILE_BYTES), target = empty_file(0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_SENDFILE;
    int64_t out_offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, NULL, target, &out_offset, 9, &options, &result), ZC_UNSUPPORTED);
    CHECK_EQUAL(result.delivered, 0);
    CHECK_EQUAL(file_size(target), 0);
    close(file);
    close(target);
}

static void obeys_the_environment(void) {
    CHECK(setenv("ZEROCOPY_NIO_DISABLE", disabled, 1) == 0);
    zc_result result = transfer(0);
    CHECK_EQUAL(status, expected != 0 ? ZC_OK : ZC_UNSUPPORTED);
    CHECK_EQUAL(result.delivered, expected != 0 ? FILE_BYTES : 0);
    CHECK_EQUAL(result.mechanisms, expected);
    CHECK_EQUAL(result.fallback_mechanism, 0);
    result = transfer(ZC_MECHANISM_SENDFILE);
    CHECK_EQUAL(status, (expected & ZC_MECHANISM_SENDFILE) != 0 ? ZC_OK : ZC_UNSUPPORTED);
}

int main(void) {
    const struct {
        const char *disabled;
        uint32_t expected;
    } rows[] = {
        {"", ZC_MECHANISM_SENDFILE},         {"sendfile", ZC_MECHANISM_MAPPED},
        {"copy", ZC_MECHANISM_SENDFILE},     {"all", ZC_MECHANISM_COPY},
        {"mapped, sendfile", ZC_MECHANISM_COPY}, {"sendfile,copy,mapped", 0},
        {"no such name", ZC_MECHANISM_SENDFILE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        disabled = rows[i].disabled;
        expected = rows[i].expected;
        check_in_child(obeys_the_environment);
    }
    uses_only_what_the_options_allow();
    says_that_nothing_serves();
    return 0;
}
