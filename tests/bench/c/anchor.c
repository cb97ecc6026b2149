/* The native anchor: the transfers of the Java senders, made by a C program.
 *
 *   anchor PORT FILE
 *
 * Prints "ready DESCRIPTION" and then answers commands from its standard input, until that ends:
 *
 *   run METHOD BYTES TRANSFERS WARM_UP MODE   sends the first BYTES of the file so many times
 *       -> done WALL_NS CPU_NS VOLUNTARY INVOLUNTARY       (the last two: context switches)
 *   mark begin|end NAME                       makes one system call that shows NAME to strace
 *       -> marked
 *
 * io.zerocopy.bench.sender.SenderMain answers the same commands. */
#define _GNU_SOURCE
#include "cores.h"
#include "wire.h"
#include "zerocopy_nio.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The same as in io.zerocopy.bench.sender.SendMethod. */
enum { COPY_BUFFER_BYTES = 1 << 16 };

typedef void send_file(int file, int connection, int64_t bytes);

static void die(const char *what) {
    fprintf(stderr, "anchor: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void send_all(int connection, const char *data, size_t bytes) {
    while (bytes > 0) {
        ssize_t n = send(connection, data, bytes, MSG_NOSIGNAL);
        if (n <= 0) {
            die("send");
        }
        data += n;
        bytes -= (size_t)n;
    }
}

static void by_sendfile(int file, int connection, int64_t bytes) {
    off_t offset = 0;
    while (offset < bytes) {
        if (sendfile(connection, file, &offset, (size_t)(bytes - offset)) <= 0) {
            die("sendfile");
        }
    }
}

static void by_pread(int file, int connection, int64_t bytes) {
    static char buffer[COPY_BUFFER_BYTES];
    for (int64_t offset = 0; offset < bytes;) {
        int64_t left = bytes - offset;
        size_t most = left < COPY_BUFFER_BYTES ? (size_t)left : COPY_BUFFER_BYTES;
        ssize_t n = pread(file, buffer, most, offset);
        if (n <= 0) {
            die("pread");
        }
        send_all(connection, buffer, (size_t)n);
        offset += n;
    }
}

static void by_library(int file, int connection, int64_t bytes) {
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    zc_status status =
        zc_transfer(file, &offset, connection, NULL, (uint64_t)bytes, NULL, &result);
    if (status != ZC_OK || result.delivered != (uint64_t)bytes) {
        errno = result.error_number;
        die(zc_status_message(status));
    }
}

static const struct {
    const char *name;
    send_file *send;
} methods[] = {
    {"sendfile", by_sendfile},
    {"pread", by_pread},
    {"zc_transfer", by_library},
};

static send_file *method_named(const char *name) {
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(name, methods[i].name) == 0) {
            return methods[i].send;
        }
    }
    errno = EINVAL;
    die(name);
    return NULL;
}

static int connect_to(uint16_t port) {
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        die("can't connect to the receiver");
    }
    return connection;
}

static void await(int connection, enum wire_answer expected) {
    char byte = 0;
    if (recv(connection, &byte, 1, 0) != 1 || byte != (char)expected) {
        die("the receiver did not answer");
    }
}

static void announce(int connection, char mode, uint64_t bytes) {
    char announcement[ANNOUNCEMENT_BYTES] = {mode};
    for (int i = ANNOUNCEMENT_BYTES - 1; i > 0; i--) {
        announcement[i] = (char)(bytes & 0xff);
        bytes >>= 8;
    }
    send_all(connection, announcement, sizeof announcement);
    await(connection, ANSWER_READY);
}

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    if (clock_gettime(clock, &now) != 0) {
        die("clock_gettime");
    }
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void burst(send_file *send, int file, int connection, int64_t bytes, long transfers) {
    for (long i = 0; i < transfers; i++) {
        send(file, connection, bytes);
    }
    await(connection, ANSWER_DONE);
}

/* A connection of its own, so that no contender inherits what another one did to it. */
static void run(send_file *send, int file, uint16_t port, int64_t bytes, long transfers,
                long warm_up, char mode) {
    int connection = connect_to(port);
    announce(connection, mode, (uint64_t)(bytes * warm_up));
    burst(send, file, connection, bytes, warm_up);

    announce(connection, mode, (uint64_t)(bytes * transfers));
    struct rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    int64_t cpu_begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
    int64_t wall_begin = now_ns(CLOCK_MONOTONIC);
    burst(send, file, connection, bytes, transfers);
    int64_t wall_ns = now_ns(CLOCK_MONOTONIC) - wall_begin;
    int64_t cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu_begin;
    getrusage(RUSAGE_THREAD, &after);
    close(connection);

    /* The kernel shows the same two counters in /proc/thread-self/status. */
    printf("done %lld %lld %ld %ld\n", (long long)wall_ns, (long long)cpu_ns,
           after.ru_nvcsw - before.ru_nvcsw, after.ru_nivcsw - before.ru_nivcsw);
}

static void obey(const char *line, int file, uint16_t port) {
    char word[32];
    char name[64];
    char path[128];
    long long bytes;
    long transfers, warm_up;
    char mode;
    if (sscanf(line, "run %31s %lld %ld %ld %c", word, &bytes, &transfers, &warm_up, &mode) == 5) {
        run(method_named(word), file, port, bytes, transfers, warm_up, mode);
    } else if (sscanf(line, "mark %31s %63s", word, name) == 2) {
        snprintf(path, sizeof path, "/zerocopy-nio-mark/%s/%s", word, name);
        puts(access(path, F_OK) == 0 ? "that mark is not supposed to exist" : "marked");
    } else {
        errno = EINVAL;
        die(line);
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: anchor PORT FILE\n");
        return EXIT_FAILURE;
    }
    pin_to(FIRST_CORE);
    uint16_t port = (uint16_t)atoi(argv[1]);
    int file = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        die(argv[2]);
    }
    printf("ready C, zerocopy-nio %s\n", zc_version());
    fflush(stdout);
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line, file, port);
    }
    return EXIT_SUCCESS;
}
