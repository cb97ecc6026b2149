/*
 * Goal: signals that interrupt every system call, without SA_RESTART, cost no byte and end nothing.
 * Method: a thread sends SIGUSR1 to the one that transfers, every 200 microseconds, while a slow
 * receiver keeps it waiting; for sendfile and for the copy, in blocking and in non-blocking mode.
 * For streams as sources a timer of the process does it, as those of profilers do, with a limit on
 * the transfer too, so that the waits are those with limits.
 */
#include "support.h"

/* A handler takes longer than the usual pause under valgrind, and nothing else would ever run. */
#define PAUSE_NS (HAS_VALGRIND ? 10000000 : 200000)
#define SIGNALS_MIN (HAS_VALGRIND ? 3 : 20)

static volatile sig_atomic_t handled;
static volatile bool storm_is_over;

static void count_signal(int number) {
    (void)number;
    handled++;
}

static void *storm(void *victim) {
    struct timespec pause = {.tv_nsec = PAUSE_NS};
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

    CHECK(handled > SIGNALS_MIN);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.mechanisms, mechanism);
    CHECK_EQUAL(offset, count);
    CHECK_EQUAL(end_of(&receiver, way.out), count);
    close(file);
}

static void loses_nothing_from_a_stream(uint32_t mechanism, bool has_limits) {
    const uint64_t count = 2 << 20;
    struct connection source = unix_connection(SOCK_STREAM), target = pipe_connection();
    struct feeder feeder;
    struct receiver receiver;
    /* The threads of the peers have the signal blocked: the one that transfers is to get it. */
    sigset_t storms, before;
    sigemptyset(&storms);
    sigaddset(&storms, SIGUSR1);
    CHECK(pthread_sigmask(SIG_BLOCK, &storms, &before) == 0);
    feed_slowly(&feeder, source.out, count, 1 << 15, 500);
    receive_slowly(&receiver, target.in, 1 << 15, 1000);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    handled = 0;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    struct itimerspec interval = {{.tv_nsec = PAUSE_NS}, {.tv_nsec = PAUSE_NS}};
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    CHECK(timer_settime(timer, 0, &interval, NULL) == 0);

    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    options.idle_timeout_ms = has_limits ? 30000 : 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, UINT64_MAX, &options, &result),
                ZC_OK);
    CHECK(timer_delete(timer) == 0);
    CHECK(handled > SIGNALS_MIN);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.mechanisms, mechanism);
    end_feeder(&feeder);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
    close(source.in);
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
    for (int has_limits = 0; has_limits <= 1; has_limits++) {
        loses_nothing_from_a_stream(ZC_MECHANISM_SPLICE, has_limits);
        loses_nothing_from_a_stream(ZC_MECHANISM_COPY, has_limits);
    }
    return 0;
}
