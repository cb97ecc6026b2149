/*
 * Goal: the library works in a child after fork, also where other threads of the parent were in the
 * middle of transfers, and the parent goes on undisturbed.
 * Method: two threads copy all the time, so that their buffers and locks are in use, while children
 * are forked; each child makes transfers of its own.
 */
#include "support.h"

/* The sanitizer's malloc is not made for a fork among threads: there the parent has one. */
#define THREADS (HAS_SANITIZER ? 0 : 2)
#define CHILDREN 40
#define FILE_BYTES 300000

static int file;
static volatile bool children_are_done;

static void transfer_by(uint32_t mechanism) {
    struct connection way = pipe_connection();
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, UINT64_MAX, &options, &result), ZC_OK);
    CHECK_EQUAL(result.mechanisms, mechanism);
    CHECK_EQUAL(end_of(&receiver, way.out), FILE_BYTES);
}

static void *copy_all_the_time(void *unused) {
    int target = open("/dev/null", O_WRONLY);
    while (!children_are_done) {
        zc_options options = ZC_OPTIONS_INIT;
        options.mechanisms = ZC_MECHANISM_COPY;
        int64_t offset = 0;
        zc_result result = ZC_RESULT_INIT;
        CHECK_EQUAL(zc_transfer(file, &offset, target, NULL, UINT64_MAX, &options, &result), ZC_OK);
        CHECK_EQUAL(result.delivered, FILE_BYTES);
    }
    close(target);
    return unused;
}

static void transfer_in_the_child(void) {
    transfer_by(ZC_MECHANISM_COPY);
    transfer_by(ZC_MECHANISM_SENDFILE);
}

int main(void) {
    file = pattern_file(FILE_BYTES);
    pthread_t threads[THREADS + 1];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, copy_all_the_time, NULL) == 0);
    }
    for (int i = 0; i < CHILDREN; i++) {
        check_in_child(transfer_in_the_child);
    }
    children_are_done = true;
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    transfer_in_the_child();
    return 0;
}
