#define _GNU_SOURCE
#include "page_cache.h"
#include "die.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* cachestat(2), Linux 6.5; the same number on all architectures. */
enum { SYSTEM_CALL_CACHESTAT = 451 };

struct cachestat_range {
    uint64_t offset;
    uint64_t length;
};

struct cachestat {
    uint64_t cached;
    uint64_t dirty;
    uint64_t writeback;
    uint64_t evicted;
    uint64_t recently_evicted;
};

/* How far apart the places are that are looked at where there is no cachestat(2). */
enum { PROBE_BYTES = 1 << 20 };

/* Whether a byte here and there can be read without waiting for the disk. */
static bool is_probably_cached(int file) {
    struct stat status;
    if (fstat(file, &status) != 0) {
        die("fstat");
    }
    for (off_t offset = 0; offset < status.st_size; offset += PROBE_BYTES) {
        char byte;
        struct iovec buffer = {.iov_base = &byte, .iov_len = 1};
        if (preadv2(file, &buffer, 1, offset, RWF_NOWAIT) == 1) {
            return true;
        }
    }
    return false;
}

static bool is_cached(int file) {
    struct cachestat_range whole = {0, 0};
    struct cachestat pages;
    if (syscall(SYSTEM_CALL_CACHESTAT, file, &whole, &pages, 0) == 0) {
        return pages.cached > 0;
    }
    return is_probably_cached(file);
}

/* Everybody's clean pages, so the last resort; only root may. */
static void drop_all_caches(void) {
    int control = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
    if (control < 0 || write(control, "1", 1) != 1) {
        die("the file stays in the page cache, and /proc/sys/vm/drop_caches can't be written");
    }
    close(control);
}

void evict(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fdatasync(file) != 0) {
        die(path);
    }
    errno = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    if (errno != 0) {
        die("posix_fadvise");
    }
    if (is_cached(file)) {
        drop_all_caches();
    }
    if (is_cached(file)) {
        errno = EBUSY;
        die("the file stays in the page cache");
    }
    close(file);
}
