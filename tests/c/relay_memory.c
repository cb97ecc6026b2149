/*
 * Goal: a relay that rests has two descriptors, no pipe, and less than 4 KiB of memory, also after
 * it was busy.
 * Method: as many relays as the limit of descriptors allows, up to 4400, with an idle time-out each.
 * Resident memory, descriptors and pipes are counted while all rest: new, after a message each way,
 * and after bulk each way once the pipes that were kept for the next ones are closed.
 * Skipped under AddressSanitizer and valgrind, whose own memory would be measured.
 */
#include "relay_support.h"

#include <sys/resource.h>

#define RELAYS_MAX 4400
#define GROWTH_BYTES_MAX 4096
#define GROUP 50
#define BULK_BYTES (256 << 10)
/* The outer ends are in this process too. */
#define DESCRIPTORS_PER_RELAY 4
#define DESCRIPTORS_OF_ENGINE 3
#define DESCRIPTORS_SPARE 100

static struct relay relays[RELAYS_MAX];
static struct connection ends[RELAYS_MAX][2];
static int relay_count;

static uint64_t resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long all, resident;
    CHECK(file != NULL && fscanf(file, "%lu %lu", &all, &resident) == 2);
    fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int pipes(void) {
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char target[64];
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target);
        count += length > 5 && memcmp(target, "pipe:", 5) == 0;
    }
    closedir(folder);
    return count;
}

static void raise_limit(void) {
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    rlim_t fitting = (limit.rlim_cur - DESCRIPTORS_SPARE) / DESCRIPTORS_PER_RELAY;
    relay_count = fitting < RELAYS_MAX ? (int)fitting : RELAYS_MAX;
}

/* Moves bytes both ways through some relays at once: all of them get what their sockets take, so that
 * what is on its way has to stay in pipes, before anything is read. */
static void move(int begin, int count, int64_t bytes) {
    static unsigned char block[1 << 16];
    static int64_t sent[GROUP][2], got[GROUP][2];
    memset(sent, 0, sizeof sent);
    memset(got, 0, sizeof got);
    for (int left = 2 * count; left > 0;) {
        for (int i = 0; i < 2 * count; i++) {
            int at = i / 2, side = i % 2;
            struct relay *relay = &relays[begin + at];
            int from = side ? relay->b : relay->a, to = side ? relay->a : relay->b;
            int64_t *out = &sent[at][side], *in = &got[at][side], moved = 1;
            while (*out < bytes && moved > 0) {
                int64_t rest = bytes - *out;
                moved = send(from, block, (size_t)(rest < (1 << 16) ? rest : 1 << 16),
                             MSG_DONTWAIT);
                CHECK(moved > 0 || errno == EAGAIN);
                *out += moved > 0 ? moved : 0;
            }
            bool was_whole = *in == bytes;
            for (moved = 1; moved > 0;) {
                moved = recv(to, block, sizeof block, MSG_DONTWAIT);
                CHECK(moved > 0 || (moved < 0 && errno == EAGAIN));
                *in += moved > 0 ? moved : 0;
            }
            left -= !was_whole && *in == bytes;
        }
    }
}

static void move_through_all(int64_t bytes) {
    for (int begin = 0; begin < relay_count; begin += GROUP) {
        int left = relay_count - begin;
        move(begin, left < GROUP ? left : GROUP, bytes);
    }
}

static void check_growth(const char *when, uint64_t before) {
    uint64_t now = resident_bytes();
    uint64_t growth = now > before ? (now - before) / (uint64_t)relay_count : 0;
    printf("%d relays, %s: %llu bytes of resident growth each\n", relay_count, when,
           (unsigned long long)growth);
    CHECK(growth < GROWTH_BYTES_MAX);
}

int main(void) {
    if (HAS_SANITIZER || HAS_VALGRIND) {
        SKIP("the memory that would be measured is that of the sanitizer or of valgrind");
    }
    raise_limit();
    CHECK(relay_count >= GROUP);
    int descriptors_before = open_descriptors(), pipes_before = pipes();
    for (int i = 0; i < relay_count; i++) {
        ends[i][0] = stream_of(i & 1);
        ends[i][1] = stream_of((i >> 1) & 1);
        relays[i] = (struct relay){.a = ends[i][0].out, .b = ends[i][1].out};
    }
    zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
    options.idle_timeout_ms = 3600000;
    zc_engine *engine = engine_with(NULL);
    uint64_t before = resident_bytes();
    for (int i = 0; i < relay_count; i++) {
        zc_result result = ZC_RESULT_INIT;
        CHECK_EQUAL(zc_relay_start(engine, ends[i][0].in, ends[i][1].in, &options, &relays[i].id,
                                   &result),
                    ZC_OK);
    }
    /* The engine begins with the oldest one, so all have begun when the last one has moved a byte. */
    move(relay_count - 1, 1, 1);
    check_growth("new", before);
    CHECK_EQUAL(pipes(), pipes_before);
    int descriptors = descriptors_before + DESCRIPTORS_OF_ENGINE;
    CHECK_EQUAL(open_descriptors(), descriptors + DESCRIPTORS_PER_RELAY * relay_count);

    move_through_all(100);
    check_growth("after a message each way", before);
    CHECK_EQUAL(pipes(), pipes_before);

    move_through_all(BULK_BYTES);
    while (pipes() > pipes_before) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    check_growth("after bulk each way", before);
    CHECK_EQUAL(open_descriptors(), descriptors + DESCRIPTORS_PER_RELAY * relay_count);

    CHECK_EQUAL(zc_engine_free(engine), ZC_OK);
    CHECK_EQUAL(open_descriptors(), descriptors_before + 2 * relay_count);
    return 0;
}
