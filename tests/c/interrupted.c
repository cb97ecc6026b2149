/*
 * Goal: signals that interrupt every system call, without SA_RESTART, cost no byte and end nothing.
 * Method: a thread sends SIGUSR1 to the one that transfers, every 200 microseconds, while a slow
 * receiver keeps it waiting; for sendfile and for the copy, in blocking and in non-blocking mode.
 */
#include "support.h"

static volatile sig_atomic_t handled;
static volatile bool storm_is_over;

static void count_signal(int number) {
    (void)number;
    handled++;
}

static void *storm(void *victim) {
    struct timespec pause = {.tv_nsec = 200000};
    while (!storm_is_over) {
        pthread_kill(*(pthread_t *)victim, SIGUSR1);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void loses_nothing(struct connection way, bool blocking, uint32_t mechanism) {
    const uint64_t count = 4 << 20;
    int file = pattern_file(count);
    if (!blocking) {
        CHECK(fcntl(way.out, F_SETFL, fcntl(way.out, F_GETFL) | O_NONBLOCK) == 0);
    }
    struct receiver receiver;
    receive_slowly(&receiver, way.in, 1 << 15, 1000);
    pthread_t self = pthread_self(), thread;
    handled = 0;
    storm_is_over = false;
    CHECK(pthread_create(&thread, NULL, storm, &self) == 0);

    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    zc_result result = ZC_RESULT_INIT;
    int64_t offset = 0;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, count, &options, &result), ZC_OK);
    storm_is_over = true;
    CHECK(pthread_join(thread, NULL) == 0);

    CHECK(handled > 20);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.mechanisms, mechanism);
    CHECK_EQUAL(offset, count);
    CHECK_EQUAL(end_of(&receiver, way.out), count);
    close(file);
}

int main(void) {
    struct sigaction action = {.sa_handler = count_signal};
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    const uint32_t mechanisms[] = {ZC_MECHANISM_SENDFILE, ZC_MECHANISM_COPY};
    for (int i = 0; i < 2; i++) {
        for (int blocking = 0; blocking <= 1; blocking++) {
            loses_nothing(pipe_connection(), blocking, mechanisms[i]);
            loses_nothing(unix_connection(SOCK_STREAM), blocking, mechanisms[i]);
        }
    }
    return 0;
}
