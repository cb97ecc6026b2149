/* The native anchor: the transfers of the Java movers, made by a C program.
 *
 *   anchor ADDRESS PORT PATH                where the peer listens: on TCP, and on a UNIX socket
 *
 * Prints "ready DESCRIPTION" and then answers commands from its standard input, until that ends:
 *
 *   source KIND LOCATION                    where the bytes of the next runs come from
 *   target KIND LOCATION                    where they go; the kinds are in ends.h
 *       -> set
 *   run METHOD BYTES TRANSFERS WARM_UP      moves the first BYTES of the source so many times
 *       -> done WALL_NS CPU_NS PROCESS_CPU_NS VOLUNTARY INVOLUNTARY
 *   evict PATH                              has the page cache forget a file
 *       -> evicted
 *   mark begin|end NAME                     makes one system call that shows NAME to strace
 *       -> marked
 *
 * CPU_NS and the context switches, voluntary and not, are those of the thread that moves.
 *
 * io.zerocopy.bench.mover.MoverMain answers the same commands except evict. */
#define _GNU_SOURCE
#include "cores.h"
#include "die.h"
#include "ends.h"
#include "methods.h"
#include "page_cache.h"
#include "zerocopy_nio.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct burst {
    int64_t bytes;
    long transfers;
    long warm_up;
};

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        die("clock_gettime");
    }
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void announce_both(const struct end *source, const struct end *target, int64_t bytes) {
    announce(target, (uint64_t)bytes);
    announce(source, (uint64_t)bytes);
}

static void transfer(move_bytes *move, const struct end *source, const struct end *target,
                     int64_t bytes, long transfers) {
    start_feeding(source);
    for (long i = 0; i < transfers; i++) {
        move(source, target, bytes);
    }
    await_taken(target);
}

static void measure(move_bytes *move, const struct end *source, const struct end *target,
                    const struct burst *burst) {
    announce_both(source, target, burst->bytes * burst->transfers);
    struct rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    int64_t process_begin = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t cpu_begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
    int64_t wall_begin = now_ns(CLOCK_MONOTONIC);
    transfer(move, source, target, burst->bytes, burst->transfers);
    int64_t wall_ns = now_ns(CLOCK_MONOTONIC) - wall_begin;
    int64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_begin;
    int64_t process_ns = now_ns(CLOCK_PROCESS_CPUTIME_ID) - process_begin;
    getrusage(RUSAGE_THREAD, &after);

    /* The kernel shows the same two counters in /proc/thread-self/status. */
    printf("done %lld %lld %lld %ld %ld\n", (long long)wall_ns, (long long)cpu_ns,
           (long long)process_ns, after.ru_nvcsw - before.ru_nvcsw,
           after.ru_nivcsw - before.ru_nivcsw);
}

/* On ends of its own, so that no contender inherits what another one did to them. */
static void run(move_bytes *move, const struct peer *peer, const struct end_name names[2],
                const struct burst *burst) {
    struct end source = open_source(peer, &names[0]);
    struct end target = open_target(peer, &names[1]);
    if (burst->warm_up > 0) {
        announce_both(&source, &target, burst->bytes * burst->warm_up);
        transfer(move, &source, &target, burst->bytes, burst->warm_up);
    }
    measure(move, &source, &target, burst);
    close_end(&source);
    close_end(&target);
}

static void set_end(const char *line, struct end_name names[2]) {
    struct end_name name = {.kind = "", .location = ""};
    char which[16];
    /* The numbers are those of LOCATION_BYTES_MAX and of struct end_name. */
    if (sscanf(line, "%15s %31s %4095[^\n]", which, name.kind, name.location) < 2) {
        errno = EINVAL;
        die(line);
    }
    names[strcmp(which, "source") == 0 ? 0 : 1] = name;
    puts("set");
}

static void obey(const char *line, const struct peer *peer, struct end_name names[2]) {
    char word[32];
    char name[128];
    char path[LOCATION_BYTES_MAX];
    struct burst burst;
    long long bytes;
    if (strncmp(line, "source ", 7) == 0 || strncmp(line, "target ", 7) == 0) {
        set_end(line, names);
    } else if (sscanf(line, "run %31s %lld %ld %ld", word, &bytes, &burst.transfers,
                      &burst.warm_up) == 4) {
        burst.bytes = bytes;
        run(method_named(word), peer, names, &burst);
    } else if (sscanf(line, "evict %4095[^\n]", path) == 1) {
        evict(path);
        puts("evicted");
    } else if (sscanf(line, "mark %31s %127s", word, name) == 2) {
        snprintf(path, sizeof path, "/zerocopy-nio-mark/%s/%s", word, name);
        puts(access(path, F_OK) == 0 ? "that mark is not supposed to exist" : "marked");
    } else {
        errno = EINVAL;
        die(line);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: anchor ADDRESS PORT PATH\n");
        return EXIT_FAILURE;
    }
    pin_to(FIRST_CORE);
    /* As servers do, and as the JVM has it: the library then has no signal to guard against. */
    signal(SIGPIPE, SIG_IGN);
    struct peer peer = {argv[1], (uint16_t)atoi(argv[2]), argv[3]};
    struct end_name names[2] = {{"", ""}, {"", ""}};
    printf("ready C, zerocopy-nio %s\n", zc_version());
    fflush(stdout);
    char line[LOCATION_BYTES_MAX + 64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line, &peer, names);
    }
    return EXIT_SUCCESS;
}
