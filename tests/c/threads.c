/*
 * Goal: transfers in many threads at once do not disturb each other, on one source or on many.
 * Method: 4 threads with one file, by sendfile, by the copy and by whatever is planned; each has a
 * receiver of its own that checks each byte.
 */
#include "support.h"

#define THREADS 4
#define ROUNDS 30
#define FILE_BYTES (700 << 10)

static int file;

static void *transfer_parts(void *argument) {
    int number = *(int *)argument;
    const uint32_t mechanisms[] = {0, ZC_MECHANISM_SENDFILE, ZC_MECHANISM_COPY};
    for (int round = 0; round < ROUNDS; round++) {
        zc_options options = ZC_OPTIONS_INIT;
        options.mechanisms = mechanisms[(number + round) % 3];
        int64_t offset = number * 1111 + round;
        uint64_t count = round % 2 == 0 ? 600000 : 1000;
        struct connection way = round % 3 == 0 ? pipe_connection() : tcp_connection();
        struct receiver receiver;
        receive(&receiver, way.in, (uint64_t)offset);
        zc_result result = ZC_RESULT_INIT;
        CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, count, &options, &result), ZC_OK);
        CHECK_EQUAL(end_of(&receiver, way.out), count);
    }
    return NULL;
}

int main(void) {
    file = pattern_file(FILE_BYTES);
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&threads[i], NULL, transfer_parts, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_EQUAL(file_position(file), 0);
    return 0;
}
