/*
 * Goal: where a sandbox forbids sendfile, or the kernel has none, every byte arrives by the copy;
 * the result says why, and sendfile is not tried again in this process. A refusal that belongs to
 * one source only is not remembered.
 * Method: a seccomp filter in a child answers sendfile with EPERM or with ENOSYS.
 */
#include "support.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define FILE_BYTES 300000

static uint32_t answer;

static void forbid_sendfile(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendfile, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
        _exit(SKIPPED);
    }
}

static zc_result transfer(int file, struct connection way) {
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_SENDFILE | ZC_MECHANISM_COPY;
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, way.out, NULL, UINT64_MAX, &options, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, FILE_BYTES);
    CHECK_EQUAL(end_of(&receiver, way.out), FILE_BYTES);
    return result;
}

static void copies_and_does_not_try_again(void) {
    forbid_sendfile();
    int file = pattern_file(FILE_BYTES);
    zc_result result = transfer(file, tcp_connection());
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(result.fallback_mechanism, ZC_MECHANISM_SENDFILE);
    CHECK_EQUAL(result.fallback_error_number, answer);
    CHECK_EQUAL(result.fallback_count, 1);
    CHECK_EQUAL(result.error_number, 0);

    zc_result next = transfer(file, pipe_connection());
    CHECK_EQUAL(next.mechanisms, ZC_MECHANISM_COPY);
    CHECK_EQUAL(next.fallback_mechanism, 0);
    CHECK_EQUAL(next.fallback_error_number, 0);

    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = ZC_MECHANISM_SENDFILE;
    struct connection way = tcp_connection();
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, UINT64_MAX, &options, &next),
                ZC_UNSUPPORTED);
    CHECK_EQUAL(next.system_calls, 0);
    char cause[200];
    CHECK_EQUAL(zc_capabilities(ZC_MECHANISM_SENDFILE, cause, sizeof cause), ZC_UNSUPPORTED);
    CHECK(strstr(cause, answer == EPERM ? "seccomp" : "sandbox") != NULL);
}

/* A file of procfs with lines refuses with EINVAL, which says nothing of others. */
static void remembers_no_refusal_of_one_source(void) {
    int file = pattern_file(FILE_BYTES), maps = open("/proc/self/maps", O_RDONLY);
    int null = open("/dev/null", O_WRONLY);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(maps, &offset, null, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.fallback_mechanism, ZC_MECHANISM_SENDFILE);
    CHECK_EQUAL(result.fallback_error_number, EINVAL);
    result = transfer(file, tcp_connection());
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_SENDFILE);
    CHECK_EQUAL(result.fallback_mechanism, 0);
}

int main(void) {
    check_in_child(remembers_no_refusal_of_one_source);
    const uint32_t answers[] = {EPERM, ENOSYS};
    for (int i = 0; i < 2; i++) {
        answer = answers[i];
        int status = run_in_child(copies_and_does_not_try_again);
        CHECK(WIFEXITED(status));
        if (WEXITSTATUS(status) == SKIPPED) {
            SKIP("no seccomp filter can be set here");
        }
        CHECK_EQUAL(WEXITSTATUS(status), 0);
    }
    return 0;
}
