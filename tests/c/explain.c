/*
 * Goal: a program can learn before a transfer what would be done and why, and which mechanisms work
 * in its process; errors are put into words, and text is cut where it does not fit.
 * Method: plans for different descriptors, against what the transfer then does; each mechanism;
 * wrong arguments; room of each size.
 */
#include "support.h"

static void describes_what_the_transfer_then_does(void) {
    int file = pattern_file(100000), copy = empty_file(0);
    struct connection way = tcp_connection();
    int64_t offset = 0;
    char text[512];
    CHECK_EQUAL(zc_plan_describe(file, &offset, way.out, NULL, 700, NULL, text, sizeof text),
                ZC_OK);
    CHECK(strstr(text, "file 700 B: copy (below the crossover of 4096 B), then sendfile") == text);
    CHECK_EQUAL(zc_plan_describe(file, &offset, way.out, NULL, 90000, NULL, text, sizeof text),
                ZC_OK);
    CHECK(strstr(text, "file 90000 B: sendfile (") == text);
    CHECK_EQUAL(zc_plan_describe(way.in, NULL, copy, &offset, 5, NULL, text, sizeof text), ZC_OK);
    CHECK(strstr(text, "stream 5 B: copy (") == text);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_COPY;
    CHECK_EQUAL(zc_plan_describe(file, NULL, copy, NULL, 5, &options, text, sizeof text), ZC_OK);
    CHECK(strstr(text, "file 5 B: copy (") == text && strstr(text, "then") == NULL);
    /* Nothing was moved. */
    CHECK_EQUAL(offset, 0);
    CHECK_EQUAL(file_position(file), 0);
    CHECK_EQUAL(file_size(copy), 0);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 700, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 90000, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_SENDFILE);
    close(file);
    close(copy);
    close(way.out);
    CHECK_EQUAL(read_rest(way.in, 0), 90700);
}

static void describes_what_is_wrong(void) {
    int file = pattern_file(10);
    int64_t negative = -5;
    char text[512];
    CHECK_EQUAL(zc_plan_describe(-1, NULL, file, NULL, 1, NULL, text, sizeof text),
                ZC_INVALID_ARGUMENT);
    CHECK(strcmp(text, "in_fd is negative") == 0);
    CHECK_EQUAL(zc_plan_describe(file, &negative, 1, NULL, 1, NULL, text, sizeof text),
                ZC_INVALID_ARGUMENT);
    CHECK(strcmp(text, "in_offset is negative") == 0);
    CHECK_EQUAL(zc_plan_describe(file, NULL, file, NULL, 1, NULL, text, sizeof text),
                ZC_INVALID_ARGUMENT);
    CHECK(strstr(text, "overlap") != NULL);
    int closed = dup(file);
    close(closed);
    CHECK_EQUAL(zc_plan_describe(file, NULL, closed, NULL, 1, NULL, text, sizeof text), ZC_SYSTEM);
    CHECK(strstr(text, "(errno 9)") != NULL);
    CHECK_EQUAL(zc_plan_describe(file, NULL, 1, NULL, 1, NULL, NULL, sizeof text),
                ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_plan_describe(file, NULL, 1, NULL, 1, NULL, text, 0), ZC_INVALID_ARGUMENT);
    close(file);
}

static void cuts_text_where_it_does_not_fit(void) {
    char whole[256];
    CHECK_EQUAL(zc_plan_describe(-1, NULL, 1, NULL, 1, NULL, whole, sizeof whole),
                ZC_INVALID_ARGUMENT);
    for (size_t room = 1; room < 30; room++) {
        char *text = malloc(room);
        CHECK_EQUAL(zc_plan_describe(-1, NULL, 1, NULL, 1, NULL, text, room), ZC_INVALID_ARGUMENT);
        size_t expected = strlen(whole) < room ? strlen(whole) : room - 1;
        CHECK_EQUAL(strlen(text), expected);
        CHECK(strncmp(text, whole, expected) == 0);
        free(text);
    }
}

static void tells_which_mechanisms_work(void) {
    const uint32_t always[] = {ZC_MECHANISM_SENDFILE, ZC_MECHANISM_SPLICE, ZC_MECHANISM_MAPPED,
                               ZC_MECHANISM_COPY};
    for (int i = 0; i < 4; i++) {
        char cause[256] = "something";
        zc_status status = zc_capabilities(always[i], cause, sizeof cause);
        if (status != ZC_OK) {
            printf("%s\n", cause);
        }
        CHECK_EQUAL(status, ZC_OK);
        CHECK_EQUAL(strlen(cause), 0);
        CHECK_EQUAL(zc_capabilities(always[i], NULL, 0), ZC_OK);
    }
    const uint32_t perhaps[] = {ZC_MECHANISM_COPY_FILE_RANGE, ZC_MECHANISM_MSG_ZEROCOPY,
                                ZC_MECHANISM_DIRECT_IO};
    for (int i = 0; i < 3; i++) {
        char cause[256];
        zc_status status = zc_capabilities(perhaps[i], cause, sizeof cause);
        CHECK(status == ZC_OK || status == ZC_UNSUPPORTED);
        CHECK_EQUAL((strlen(cause) > 0), (status == ZC_UNSUPPORTED));
    }
    char cause[256];
    CHECK_EQUAL(zc_capabilities(0, cause, sizeof cause), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_capabilities(3, cause, sizeof cause), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_capabilities(UINT32_C(1) << 30, NULL, 0), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_capabilities(ZC_MECHANISM_COPY, cause, 0), ZC_INVALID_ARGUMENT);
}

static void tells_what_the_environment_forbids(void) {
    CHECK(setenv("ZEROCOPY_NIO_DISABLE", "splice", 1) == 0);
    char cause[256];
    CHECK_EQUAL(zc_capabilities(ZC_MECHANISM_SPLICE, cause, sizeof cause), ZC_UNSUPPORTED);
    CHECK(strstr(cause, "ZEROCOPY_NIO_DISABLE") != NULL);
    CHECK_EQUAL(zc_capabilities(ZC_MECHANISM_SENDFILE, cause, sizeof cause), ZC_OK);
}

int main(void) {
    /* The environment is read once in a process. */
    check_in_child(tells_what_the_environment_forbids);
    describes_what_the_transfer_then_does();
    describes_what_is_wrong();
    cuts_text_where_it_does_not_fit();
    tells_which_mechanisms_work();
    return 0;
}
