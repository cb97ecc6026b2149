/*
 * Goal: a target that can hold no more ends the transfer with the system's error; what it took is
 * counted, and the caller can go on from there.
 * Method: /dev/full, a limit on the size of files, and a small file system of our own.
 */
#include "support.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define FILE_BYTES (1 << 20)
#define LIMIT_BYTES 300001

static void reports_a_full_device(void) {
    int file = pattern_file(FILE_BYTES);
    int target = open("/dev/full", O_WRONLY);
    CHECK(target >= 0);
    int64_t offset = 10;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, target, NULL, 5000, NULL, &result), ZC_SYSTEM);
    CHECK_EQUAL(result.error_number, ENOSPC);
    CHECK_EQUAL(result.delivered, 0);
    CHECK_EQUAL(offset, 10);
    close(target);
    close(file);
}

static void check_stopped_at(int target, uint64_t limit, int error_number) {
    int file = pattern_file(FILE_BYTES);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, NULL, target, NULL, FILE_BYTES, NULL, &result), ZC_SYSTEM);
    CHECK_EQUAL(result.error_number, error_number);
    CHECK(result.call != NULL);
    CHECK_EQUAL(result.end, ZC_END_NONE);
    CHECK_EQUAL(result.delivered, limit);
    CHECK_EQUAL(result.consumed, limit);
    CHECK_EQUAL(file_position(file), limit);
    CHECK_EQUAL(file_position(target), limit);
    check_file(target, 0, limit, 0);

    struct connection way = tcp_connection();
    struct receiver receiver;
    receive(&receiver, way.in, limit);
    CHECK_EQUAL(zc_transfer(file, NULL, way.out, NULL, UINT64_MAX, NULL, &result), ZC_OK);
    CHECK_EQUAL(end_of(&receiver, way.out), FILE_BYTES - limit);
    close(file);
}

static void stops_at_the_limit_of_the_process(void) {
    /* The source is made first: it is larger than the limit. */
    int file = pattern_file(FILE_BYTES);
    signal(SIGXFSZ, SIG_IGN);
    int target = empty_file(0);
    struct rlimit limit = {LIMIT_BYTES, LIMIT_BYTES};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(file, &offset, target, NULL, FILE_BYTES, NULL, &result), ZC_SYSTEM);
    CHECK_EQUAL(result.error_number, EFBIG);
    CHECK_EQUAL(result.delivered, LIMIT_BYTES);
    CHECK_EQUAL(offset, LIMIT_BYTES);
    CHECK_EQUAL(file_size(target), LIMIT_BYTES);
    check_file(target, 0, LIMIT_BYTES, 0);
}

static void stops_where_the_file_system_is_full(void) {
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
        _exit(SKIPPED);
    }
    char folder[] = "/tmp/zerocopy-nio-test-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0
        || mount("tmpfs", folder, "tmpfs", 0, "size=256k") != 0) {
        rmdir(folder);
        _exit(SKIPPED);
    }
    char name[100];
    snprintf(name, sizeof name, "%s/target", folder);
    int target = open(name, O_RDWR | O_CREAT, 0600);
    CHECK(target >= 0);
    check_stopped_at(target, 256 << 10, ENOSPC);
    close(target);
    CHECK(umount(folder) == 0);
    CHECK(rmdir(folder) == 0);
}

int main(void) {
    reports_a_full_device();
    check_in_child(stops_at_the_limit_of_the_process);
    int status = run_in_child(stops_where_the_file_system_is_full);
    CHECK(WIFEXITED(status));
    if (WEXITSTATUS(status) == SKIPPED) {
        SKIP("no full file system: mounting one is not allowed here; the rest passed");
    }
    CHECK_EQUAL(WEXITSTATUS(status), 0);
    return 0;
}
