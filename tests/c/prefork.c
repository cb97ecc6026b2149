/*
 * Goal: a server that uses the library, forks workers and goes on has its own pipes in each
 * process: no byte of one comes out at another. Pipes of the parent are not kept open by its
 * children. Method: the parent leaves pipes in the pool, forks, and then all relay at once, many
 * times, each a pattern of its own: any byte from elsewhere is at the wrong place of it.
 */
#include "support.h"

#define CHILDREN 4
#define ROUNDS 60
#define COUNT 150000

/* Relays between two sockets, so that a pipe of the library's is used, at a place of the pattern
 * that is this process's own. */
static void relay(int rounds, uint64_t place) {
    for (int round = 0; round < rounds; round++) {
        struct connection source = unix_connection(SOCK_STREAM), target = tcp_connection();
        int file = pattern_file(place + COUNT);
        struct receiver receiver;
        receive(&receiver, target.in, place);
        int64_t offset = (int64_t)place;
        zc_options options = ZC_OPTIONS_INIT;
        options.mechanisms = ZC_MECHANISM_SPLICE;
        for (uint64_t left = COUNT; left > 0;) {
            uint64_t piece = left < 50000 ? left : 50000;
            zc_result result = ZC_RESULT_INIT;
            CHECK_EQUAL(zc_transfer(file, &offset, source.out, NULL, piece, NULL, &result), ZC_OK);
            CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, piece, &options, &result),
                        ZC_OK);
            CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_SPLICE);
            left -= piece;
        }
        CHECK_EQUAL(end_of(&receiver, target.out), COUNT);
        close(file);
        close(source.in);
        close(source.out);
    }
}

/* Leaves the transfer with bytes in a pipe of the library's, which a child must not see either. */
static zc_pump *pump_with_bytes_in_its_pipe(struct connection *source, struct connection *target) {
    *source = unix_connection(SOCK_STREAM);
    *target = unix_connection(SOCK_STREAM);
    make_non_blocking(target->out);
    static const unsigned char filling[4096];
    while (write(target->out, filling, sizeof filling) > 0) {
        continue;
    }
    CHECK_EQUAL(write(source->out, filling, sizeof filling), sizeof filling);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_SPLICE;
    zc_pump *pump = NULL;
    zc_result result = ZC_RESULT_INIT;
    make_non_blocking(source->in);
    CHECK_EQUAL(zc_pump_new(source->in, NULL, target->out, NULL, UINT64_MAX, &options, &result,
                            &pump),
                ZC_OK);
    CHECK_EQUAL(zc_pump_step(pump, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_WAIT_TARGET);
    CHECK_EQUAL(result.consumed - result.delivered, sizeof filling);
    return pump;
}

/* A child has bytes in its pipe while the parent relays with the one that it had before. */
static void shares_no_pipe_with_a_child(void) {
    struct connection ready = pipe_connection(), go_on = pipe_connection();
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(HANG_SECONDS);
        struct connection source, target;
        pump_with_bytes_in_its_pipe(&source, &target);
        char byte;
        CHECK_EQUAL(write(ready.out, "x", 1), 1);
        CHECK_EQUAL(read(go_on.in, &byte, 1), 1);
        _exit(0);
    }
    char byte;
    CHECK_EQUAL(read(ready.in, &byte, 1), 1);
    relay(1, 17);
    CHECK_EQUAL(write(go_on.out, "x", 1), 1);
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(WEXITSTATUS(status), 0);
}

int main(void) {
    struct connection source, target;
    zc_pump *pump = pump_with_bytes_in_its_pipe(&source, &target);
    /* Leaves another pipe in the pool, which the children have as well. */
    relay(2, 0);
    shares_no_pipe_with_a_child();
    pid_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] == 0) {
            alarm(HANG_SECONDS);
            relay(ROUNDS / CHILDREN, (uint64_t)(i + 1) * 1000003);
            _exit(0);
        }
    }
    relay(ROUNDS / CHILDREN, 17);
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        CHECK(waitpid(children[i], &status, 0) == children[i]);
        CHECK(WIFEXITED(status));
        CHECK_EQUAL(WEXITSTATUS(status), 0);
    }
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_pump_cancel(pump, &result), ZC_OK);
    unsigned char bytes[5000];
    CHECK_EQUAL(read(result.undelivered_fd, bytes, sizeof bytes), 4096);
    CHECK_EQUAL(read(result.undelivered_fd, bytes, sizeof bytes), 0);
    close(result.undelivered_fd);
    zc_pump_free(pump);
    return 0;
}
