/*
 * Goal: a peer that is gone is an error and not the death of the program, whatever the program
 * does with SIGPIPE; and the program's own signals stay what they were.
 * Method: children that transfer to a pipe, a UNIX and a TCP connection whose other end is closed,
 * or closes in the middle, from a file by sendfile and by the copy, and from a stream
 * by splice; with the signal at its default, ignored, blocked, or pending already.
 */
#include "support.h"

static uint32_t mechanism;

static void check_broken(struct connection way, const char *copy_call) {
    int file = pattern_file(1 << 20);
    close(way.in);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 1 << 20, &options, &result), ZC_SYSTEM);
    if (result.error_number == ECONNRESET) {
        /* What the kernel of a TCP peer answers first; from now on the way is closed. */
        CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, 1, &options, &result), ZC_SYSTEM);
    }
    CHECK_EQUAL(result.error_number, EPIPE);
    CHECK(strcmp(result.call, mechanism == ZC_MECHANISM_COPY ? copy_call : "sendfile") == 0);
    CHECK_EQUAL(result.end, ZC_END_NONE);
    close(way.out);
    close(file);
}

/* Reads a part and goes away while the sender is in the middle, or waits for more room. */
static void *read_a_part(void *argument) {
    int fd = *(int *)argument;
    unsigned char block[1 << 16];
    for (size_t done = 0; done < 3 * sizeof block;) {
        ssize_t got = read(fd, block, sizeof block);
        CHECK(got > 0);
        check_pattern(block, (size_t)got, done);
        done += (size_t)got;
    }
    CHECK(close(fd) == 0);
    return NULL;
}

static void check_broken_in_the_middle(struct connection way) {
    const uint64_t count = 16 << 20;
    int file = pattern_file(count);
    pthread_t reader;
    CHECK(pthread_create(&reader, NULL, read_a_part, &way.in) == 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, count, &options, &result), ZC_SYSTEM);
    CHECK(result.error_number == EPIPE || result.error_number == ECONNRESET);
    CHECK(result.delivered >= 3 << 16 && result.delivered < count);
    CHECK_EQUAL(offset, result.delivered);
    CHECK(pthread_join(reader, NULL) == 0);
    close(way.out);
    close(file);
}

/* From a stream, through a pipe of the library's or right into that of the target. */
static void check_broken_for_a_stream(struct connection way) {
    struct connection source = unix_connection(SOCK_STREAM);
    close(way.in);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_SPLICE;
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(write(source.out, "ab", 2), 2);
        zc_result result = ZC_RESULT_INIT;
        zc_status status = zc_transfer(source.in, NULL, way.out, NULL, 2, &options, &result);
        if (result.undelivered_fd >= 0) {
            close(result.undelivered_fd);
        }
        if (i == 0 && status == ZC_OK) {
            /* What the kernel of a TCP peer has still taken; then it says that it is closed. */
            continue;
        }
        CHECK_EQUAL(status, ZC_SYSTEM);
        CHECK(result.error_number == EPIPE || result.error_number == ECONNRESET);
        CHECK(strcmp(result.call, "splice") == 0);
    }
    close(source.in);
    close(source.out);
    close(way.out);
}

static void check_broken_in_a_pump(struct connection way) {
    int file = pattern_file(1 << 20);
    close(way.in);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    make_non_blocking(way.out);
    zc_pump *pump = NULL;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_pump_new(file, NULL, way.out, NULL, 1 << 20, &options, &result, &pump), ZC_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(zc_pump_step(pump, &result), ZC_SYSTEM);
        CHECK_EQUAL(result.error_number, EPIPE);
    }
    zc_pump_free(pump);
    close(way.out);
    close(file);
}

static void check_all_broken(void) {
    if (mechanism == ZC_MECHANISM_SPLICE) {
        check_broken_for_a_stream(pipe_connection());
        check_broken_for_a_stream(unix_connection(SOCK_STREAM));
        check_broken_for_a_stream(tcp_connection());
        return;
    }
    check_broken_in_a_pump(pipe_connection());
    check_broken_in_a_pump(unix_connection(SOCK_STREAM));
    check_broken(pipe_connection(), "write");
    check_broken(unix_connection(SOCK_STREAM), "send");
    check_broken(tcp_connection(), "send");
    check_broken_in_the_middle(pipe_connection());
    check_broken_in_the_middle(unix_connection(SOCK_STREAM));
    check_broken_in_the_middle(tcp_connection());
}

static bool is_pending(void) {
    sigset_t pending;
    CHECK(sigpending(&pending) == 0);
    return sigismember(&pending, SIGPIPE);
}

static void block_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

static void survives_with_the_default_action(void) {
    signal(SIGPIPE, SIG_DFL);
    sigset_t before, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    check_all_broken();
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
    for (int number = 1; number < 32; number++) {
        CHECK_EQUAL(sigismember(&after, number), number == SIGUSR2);
    }
    struct sigaction action;
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    CHECK(!is_pending());
}

static void survives_where_it_is_ignored(void) {
    signal(SIGPIPE, SIG_IGN);
    check_all_broken();
    struct sigaction action;
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
}

static void leaves_no_signal_behind_where_it_is_blocked(void) {
    signal(SIGPIPE, SIG_DFL);
    block_sigpipe();
    check_all_broken();
    CHECK(!is_pending());
    sigset_t after;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0 && sigismember(&after, SIGPIPE));
}

static void keeps_a_signal_that_was_pending_before(void) {
    signal(SIGPIPE, SIG_DFL);
    block_sigpipe();
    raise(SIGPIPE);
    CHECK(is_pending());
    check_all_broken();
    CHECK(is_pending());
}

/* Shows that the children could die: without the library the signal kills one. */
static void dies_of_plain_write(void) {
    signal(SIGPIPE, SIG_DFL);
    struct connection way = pipe_connection();
    close(way.in);
    if (write(way.out, "x", 1) < 0) {
        _exit(0);
    }
}

int main(void) {
    int status = run_in_child(dies_of_plain_write);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
    const uint32_t mechanisms[] = {ZC_MECHANISM_SENDFILE, ZC_MECHANISM_COPY, ZC_MECHANISM_SPLICE};
    for (int i = 0; i < 3; i++) {
        mechanism = mechanisms[i];
        check_in_child(survives_with_the_default_action);
        check_in_child(survives_where_it_is_ignored);
        check_in_child(leaves_no_signal_behind_where_it_is_blocked);
        check_in_child(keeps_a_signal_that_was_pending_before);
    }
    return 0;
}
