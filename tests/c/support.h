/*
 * What the C tests share: checks that say where they failed, a file whose bytes tell where they
 * belong, connections inside this machine, a thread that reads them, and children.
 *
 * Each program includes this first and gets a copy of its own. A program that hangs is killed.
 */
#ifndef ZC_TEST_SUPPORT_H
#define ZC_TEST_SUPPORT_H

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zerocopy_nio.h>

/* Whether the program was compiled with AddressSanitizer: gcc and clang say it differently. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif
#ifndef HAS_SANITIZER
#define HAS_SANITIZER 0
#endif

/* Whether the program runs under valgrind, where everything takes much longer: -DHAS_VALGRIND=1. */
#ifndef HAS_VALGRIND
#define HAS_VALGRIND 0
#endif

#define SKIPPED 77
#define HANG_SECONDS (HAS_VALGRIND ? 300 : 60)

/* Fails the program unless the condition holds. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s (errno %d)\n", __FILE__, __LINE__, #condition,      \
                    errno);                                                                        \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Fails the program unless the two numbers are equal, and prints both. */
#define CHECK_EQUAL(actual, expected)                                                              \
    do {                                                                                           \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                \
        if (actual_ != expected_) {                                                                \
            fprintf(stderr, "%s:%d: %s is %lld and not %s, %lld\n", __FILE__, __LINE__, #actual,   \
                    actual_, #expected, expected_);                                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* Ends the program as skipped, for a reason. */
#define SKIP(...)                                                                                  \
    do {                                                                                           \
        printf(__VA_ARGS__);                                                                       \
        printf("\n");                                                                              \
        exit(SKIPPED);                                                                             \
    } while (0)

__attribute__((constructor)) static void kill_when_hanging(void) { alarm(HANG_SECONDS); }

/* The byte at this offset of the pattern. Neighbours and blocks have nothing in common. */
static inline unsigned char pattern_at(uint64_t offset) {
    uint64_t z = offset * UINT64_C(0x9e3779b97f4a7c15) + 1;
    z = (z ^ (z >> 31)) * UINT64_C(0xbf58476d1ce4e5b9);
    return (unsigned char)(z >> 56);
}

/* Fails unless the bytes are those of the pattern from this offset on. */
static inline void check_pattern(const unsigned char *bytes, size_t count, uint64_t offset) {
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != pattern_at(offset + i)) {
            fprintf(stderr, "byte %llu of the pattern is wrong\n",
                    (unsigned long long)(offset + i));
            exit(1);
        }
    }
}

/* A new and empty file without a name, open for reading and writing with these flags too. */
static inline int empty_file(int flags) {
    char name[] = "/tmp/zerocopy-nio-test-XXXXXX";
    int fd = mkostemp(name, flags);
    CHECK(fd >= 0 && unlink(name) == 0);
    return fd;
}

/* A new file of the pattern, at its position 0. */
static inline int pattern_file(uint64_t size) {
    int fd = empty_file(0);
    unsigned char block[1 << 16];
    for (uint64_t at = 0; at < size; at += sizeof block) {
        size_t count = size - at < sizeof block ? (size_t)(size - at) : sizeof block;
        for (size_t i = 0; i < count; i++) {
            block[i] = pattern_at(at + i);
        }
        CHECK_EQUAL(pwrite(fd, block, count, (off_t)at), count);
    }
    return fd;
}

/* Fails unless the file has, from `at` on, `count` bytes of the pattern from `offset` on. */
static inline void check_file(int fd, uint64_t at, uint64_t count, uint64_t offset) {
    unsigned char block[1 << 16];
    for (uint64_t done = 0; done < count;) {
        size_t asked = count - done < sizeof block ? (size_t)(count - done) : sizeof block;
        ssize_t got = pread(fd, block, asked, (off_t)(at + done));
        CHECK(got > 0);
        check_pattern(block, (size_t)got, offset + done);
        done += (uint64_t)got;
    }
}

static inline int64_t file_size(int fd) {
    struct stat status;
    CHECK(fstat(fd, &status) == 0);
    return status.st_size;
}

static inline int64_t file_position(int fd) { return lseek(fd, 0, SEEK_CUR); }

/* Two ends of a connection: what is written to `out` can be read from `in`. */
struct connection {
    int out;
    int in;
};

/* A TCP connection by way of the loopback interface. */
static inline struct connection tcp_connection(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, size) == 0);
    CHECK(listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    struct connection made = {.out = socket(AF_INET, SOCK_STREAM, 0)};
    CHECK(connect(made.out, (struct sockaddr *)&address, size) == 0);
    made.in = accept(listener, NULL, NULL);
    CHECK(made.in >= 0);
    close(listener);
    return made;
}

/* A connected pair of UNIX sockets of this type. */
static inline struct connection unix_connection(int type) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, type, 0, ends) == 0);
    return (struct connection){.out = ends[0], .in = ends[1]};
}

static inline struct connection pipe_connection(void) {
    int ends[2];
    CHECK(pipe(ends) == 0);
    return (struct connection){.out = ends[1], .in = ends[0]};
}

/* A connected pair of UDP sockets by way of the loopback interface. */
static inline struct connection udp_connection(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct connection made = {.out = socket(AF_INET, SOCK_DGRAM, 0),
                              .in = socket(AF_INET, SOCK_DGRAM, 0)};
    CHECK(bind(made.in, (struct sockaddr *)&address, size) == 0);
    CHECK(getsockname(made.in, (struct sockaddr *)&address, &size) == 0);
    CHECK(connect(made.out, (struct sockaddr *)&address, size) == 0);
    return made;
}

/* A connection of the kind with this number: TCP, a UNIX stream, or a pipe. */
static inline struct connection stream_of(int kind) {
    return kind == 0   ? tcp_connection()
           : kind == 1 ? unix_connection(SOCK_STREAM)
                       : pipe_connection();
}

static inline void make_non_blocking(int fd) {
    CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
}

/* How many descriptors this process has, and one more for the question. */
static inline int open_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    CHECK(folder != NULL);
    int count = 0;
    while (readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

/* A thread that writes the pattern from 0 on to a descriptor, and closes it. */
struct feeder {
    pthread_t thread;
    int fd;
    uint64_t count;     /* how many bytes it writes */
    size_t piece_bytes; /* how much it writes at once, at most 64 KiB */
    long pause_us;      /* how long it sleeps after each piece */
};

static inline void *feed_all(void *argument) {
    struct feeder *feeder = argument;
    unsigned char block[1 << 16];
    struct timespec pause = {.tv_nsec = feeder->pause_us * 1000};
    for (uint64_t done = 0; done < feeder->count;) {
        uint64_t left = feeder->count - done;
        size_t asked = left < feeder->piece_bytes ? (size_t)left : feeder->piece_bytes;
        for (size_t i = 0; i < asked; i++) {
            block[i] = pattern_at(done + i);
        }
        for (size_t begin = 0; begin < asked;) {
            ssize_t written = write(feeder->fd, block + begin, asked - begin);
            if (written < 0 && errno == EINTR) {
                continue;
            }
            CHECK(written > 0);
            begin += (size_t)written;
        }
        done += asked;
        if (feeder->pause_us > 0) {
            nanosleep(&pause, NULL);
        }
    }
    CHECK(close(feeder->fd) == 0);
    return NULL;
}

/* Starts a thread that writes as fast as it can. */
static inline void feed(struct feeder *feeder, int fd, uint64_t count) {
    *feeder = (struct feeder){.fd = fd, .count = count, .piece_bytes = 1 << 16};
    CHECK(pthread_create(&feeder->thread, NULL, feed_all, feeder) == 0);
}

/* Starts a thread that writes little and sleeps much, so that the reader finds nothing. */
static inline void feed_slowly(struct feeder *feeder, int fd, uint64_t count, size_t piece,
                               long pause_us) {
    *feeder = (struct feeder){.fd = fd, .count = count, .piece_bytes = piece, .pause_us = pause_us};
    CHECK(pthread_create(&feeder->thread, NULL, feed_all, feeder) == 0);
}

static inline void end_feeder(struct feeder *feeder) {
    CHECK(pthread_join(feeder->thread, NULL) == 0);
}

/* Reads what there is, up to the end or until nothing comes any more, fails unless it is the
 * pattern from `offset` on, and returns how many bytes it was. Closes the descriptor. */
static inline uint64_t read_rest(int fd, uint64_t offset) {
    unsigned char block[1 << 16];
    uint64_t count = 0;
    make_non_blocking(fd);
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got == 0 || (got < 0 && (errno == EAGAIN || errno == ECONNRESET))) {
            CHECK(close(fd) == 0);
            return count;
        }
        CHECK(got > 0);
        check_pattern(block, (size_t)got, offset + count);
        count += (uint64_t)got;
    }
}

/* A thread that reads the pattern from a descriptor to its end, and checks each byte. */
struct receiver {
    pthread_t thread;
    int fd;
    uint64_t offset;    /* where in the pattern the first byte belongs */
    size_t piece_bytes; /* how much it reads at once, at most 64 KiB */
    long pause_us;      /* how long it sleeps after each piece */
    uint64_t count;     /* how many bytes came */
};

static inline void *receive_all(void *argument) {
    struct receiver *receiver = argument;
    unsigned char block[1 << 16];
    struct timespec pause = {.tv_nsec = receiver->pause_us * 1000};
    for (;;) {
        ssize_t got = read(receiver->fd, block, receiver->piece_bytes);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        CHECK(got >= 0);
        if (got == 0) {
            return NULL;
        }
        check_pattern(block, (size_t)got, receiver->offset + receiver->count);
        receiver->count += (uint64_t)got;
        if (receiver->pause_us > 0) {
            nanosleep(&pause, NULL);
        }
    }
}

/* Starts a thread that reads as fast as it can. */
static inline void receive(struct receiver *receiver, int fd, uint64_t offset) {
    *receiver = (struct receiver){.fd = fd, .offset = offset, .piece_bytes = 1 << 16};
    CHECK(pthread_create(&receiver->thread, NULL, receive_all, receiver) == 0);
}

/* Starts a thread that reads little and sleeps much, so that the sender finds the way full. */
static inline void receive_slowly(struct receiver *receiver, int fd, size_t piece, long pause_us) {
    *receiver = (struct receiver){.fd = fd, .piece_bytes = piece, .pause_us = pause_us};
    CHECK(pthread_create(&receiver->thread, NULL, receive_all, receiver) == 0);
}

/* Closes the sender's end, waits for the receiver, and returns how many bytes came. */
static inline uint64_t end_of(struct receiver *receiver, int out) {
    CHECK(close(out) == 0);
    CHECK(pthread_join(receiver->thread, NULL) == 0);
    CHECK(close(receiver->fd) == 0);
    return receiver->count;
}

/* Runs the function in a child and returns how it ended, as waitpid(2) has it. */
static inline int run_in_child(void (*body)(void)) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(HANG_SECONDS);
        body();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

/* Runs the function in a child, and fails unless it ends well. */
static inline void check_in_child(void (*body)(void)) {
    int status = run_in_child(body);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(WEXITSTATUS(status), 0);
}

#endif
