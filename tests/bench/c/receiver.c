/* Takes bytes on a loopback TCP port and throws them away without copying them.
 *
 *   receiver [CONNECTIONS]
 *
 * It prints "listening PORT", then serves one connection after the other, at most CONNECTIONS of
 * them, and ends when its standard input ends: that happens however its parent ended. */
#define _GNU_SOURCE
#include "cores.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A sender that says nothing for so long is taken for dead: nothing here may last for ever. */
enum { IDLE_SECONDS_MAX = 30 };

/* Looking at the clock costs a tenth of an empty recv, so it is done once in so many. */
enum { EMPTY_TURNS_PER_LOOK = 1 << 14 };

/* MSG_TRUNC writes nothing here; the buffer only gives the most that one call may take. */
static char nowhere[1 << 20];

static void die(const char *what) {
    fprintf(stderr, "receiver: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void *end_with_parent(void *unused) {
    (void)unused;
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    _exit(EXIT_SUCCESS);
}

static int listen_on_loopback(void) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof address;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, 16) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        die("can't listen on the loopback interface");
    }
    printf("listening %d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static bool drain_blocking(int connection, uint64_t bytes) {
    while (bytes > 0) {
        size_t most = bytes < sizeof nowhere ? bytes : sizeof nowhere;
        ssize_t n = recv(connection, nowhere, most, MSG_TRUNC);
        if (n <= 0) {
            return false;
        }
        bytes -= (uint64_t)n;
    }
    return true;
}

static bool drain_spinning(int connection, uint64_t bytes) {
    unsigned empty_turns = 0;
    time_t idle_since = time(NULL);
    while (bytes > 0) {
        size_t most = bytes < sizeof nowhere ? bytes : sizeof nowhere;
        ssize_t n = recv(connection, nowhere, most, MSG_TRUNC | MSG_DONTWAIT);
        if (n > 0) {
            bytes -= (uint64_t)n;
            empty_turns = 0;
        } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        } else if (++empty_turns == 1) {
            idle_since = time(NULL);
        } else if (empty_turns % EMPTY_TURNS_PER_LOOK == 0 &&
                   time(NULL) - idle_since > IDLE_SECONDS_MAX) {
            return false;
        }
    }
    return true;
}

static bool answer(int connection, enum wire_answer what) {
    char byte = (char)what;
    return send(connection, &byte, 1, MSG_NOSIGNAL) == 1;
}

/* Serves one burst; false at the end of the connection. */
static bool serve_burst(int connection) {
    unsigned char announcement[ANNOUNCEMENT_BYTES];
    ssize_t n = recv(connection, announcement, sizeof announcement, MSG_WAITALL);
    if (n != sizeof announcement) {
        return false;
    }
    uint64_t bytes = 0;
    for (int i = 1; i < ANNOUNCEMENT_BYTES; i++) {
        bytes = bytes << 8 | announcement[i];
    }
    bool spinning = announcement[0] == MODE_SPINNING;
    return answer(connection, ANSWER_READY) &&
           (spinning ? drain_spinning(connection, bytes) : drain_blocking(connection, bytes)) &&
           answer(connection, ANSWER_DONE);
}

static void serve(int connection) {
    int on = 1;
    struct timeval limit = {.tv_sec = IDLE_SECONDS_MAX};
    if (setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0) {
        die("can't set up the connection");
    }
    while (serve_burst(connection)) {
    }
    close(connection);
}

int main(int argc, char **argv) {
    long connections = argc > 1 ? atol(argv[1]) : INT32_MAX;
    pin_to(LAST_CORE);
    int listener = listen_on_loopback();
    pthread_t watcher;
    if (pthread_create(&watcher, NULL, end_with_parent, NULL) != 0) {
        die("can't start a thread");
    }
    for (long i = 0; i < connections; i++) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) {
            die("can't accept a connection");
        }
        serve(connection);
    }
    return EXIT_SUCCESS;
}
