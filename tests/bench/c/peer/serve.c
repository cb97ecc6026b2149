#define _GNU_SOURCE
#include "serve.h"
#include "die.h"
#include "wire.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A mover that says nothing for so long is taken for dead: nothing here may last for ever. */
enum { IDLE_SECONDS_MAX = 60 };

/* Looking at the clock costs a tenth of an empty recv, so it is done once in so many. */
enum { EMPTY_TURNS_PER_LOOK = 1 << 14 };

/* The most that one call takes or gives. */
enum { CALL_BYTES = 1 << 20 };

/* What programs that read commonly pass: java.io, curl and cp are between 8 KiB and this. */
enum { READ_BYTES = 64 << 10 };

/* Where bytes come from or go to: always the same, so always in the processor's cache. Nobody looks
 * at what it holds, and MSG_TRUNC on TCP does not even write to it. */
static _Thread_local char memory[CALL_BYTES];

/* One connection, and the pipe that the mover has named on it, or -1. */
struct session {
    int connection;
    int pipe;
    int nowhere;
};

static size_t at_most(uint64_t bytes, size_t limit) {
    return bytes < limit ? (size_t)bytes : limit;
}

static bool take_from_socket(int connection, uint64_t bytes, size_t call_bytes, int flags) {
    while (bytes > 0) {
        ssize_t n = recv(connection, memory, at_most(bytes, call_bytes), flags);
        if (n <= 0) {
            return false;
        }
        bytes -= (uint64_t)n;
    }
    return true;
}

static bool take_spinning(int connection, uint64_t bytes) {
    unsigned empty_turns = 0;
    time_t idle_since = time(NULL);
    while (bytes > 0) {
        size_t most = at_most(bytes, sizeof memory);
        ssize_t n = recv(connection, memory, most, MSG_TRUNC | MSG_DONTWAIT);
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

/* A pipe gives its pages away to /dev/null: nothing is copied. It has no time-out for a mover that
 * stops, so what comes is waited for by poll(2). */
static bool take_from_pipe(const struct session *session, uint64_t bytes) {
    while (bytes > 0) {
        struct pollfd filled = {.fd = session->pipe, .events = POLLIN};
        if (poll(&filled, 1, IDLE_SECONDS_MAX * 1000) != 1) {
            return false;
        }
        size_t most = at_most(bytes, CALL_BYTES);
        ssize_t n = splice(session->pipe, NULL, session->nowhere, NULL, most, 0);
        if (n <= 0) {
            return false;
        }
        bytes -= (uint64_t)n;
    }
    return true;
}

static bool take(const struct session *session, enum wire_mode mode, uint64_t bytes) {
    if (session->pipe >= 0) {
        return take_from_pipe(session, bytes);
    }
    switch (mode) {
    case MODE_BLOCKING:
        return take_from_socket(session->connection, bytes, sizeof memory, MSG_TRUNC);
    case MODE_SPINNING:
        return take_spinning(session->connection, bytes);
    case MODE_READING:
        return take_from_socket(session->connection, bytes, READ_BYTES, 0);
    default:
        return false;
    }
}

static bool feed(int connection, uint64_t bytes) {
    char byte;
    if (recv(connection, &byte, 1, 0) != 1 || byte != GO) {
        return false;
    }
    while (bytes > 0) {
        ssize_t n = send(connection, memory, at_most(bytes, sizeof memory), MSG_NOSIGNAL);
        if (n <= 0) {
            return false;
        }
        bytes -= (uint64_t)n;
    }
    return true;
}

/* Opened anew by way of /proc, because a descriptor that no relative has can't be inherited. It
 * does not matter which end of the pipe the number names. */
static bool open_pipe(struct session *session, uint64_t number) {
    char path[64];
    unsigned process = (unsigned)(number >> PIPE_DESCRIPTOR_BITS);
    snprintf(path, sizeof path, "/proc/%u/fd/%u", process, (unsigned)number);
    session->pipe = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    session->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return session->pipe >= 0 && session->nowhere >= 0;
}

static bool answer(int connection, enum wire_answer what) {
    char byte = (char)what;
    return send(connection, &byte, 1, MSG_NOSIGNAL) == 1;
}

/* Serves one announcement; false at the end of the connection. */
static bool serve_once(struct session *session) {
    unsigned char announcement[ANNOUNCEMENT_BYTES];
    ssize_t n = recv(session->connection, announcement, sizeof announcement, MSG_WAITALL);
    if (n != sizeof announcement) {
        return false;
    }
    uint64_t number = 0;
    for (int i = 1; i < ANNOUNCEMENT_BYTES; i++) {
        number = number << 8 | announcement[i];
    }
    enum wire_mode mode = (enum wire_mode)announcement[0];
    if (mode == MODE_PIPE) {
        return open_pipe(session, number) && answer(session->connection, ANSWER_READY);
    }
    if (!answer(session->connection, ANSWER_READY)) {
        return false;
    }
    return mode == MODE_FEEDING
               ? feed(session->connection, number)
               : take(session, mode, number) && answer(session->connection, ANSWER_DONE);
}

/* Not every connection is one of TCP, and those that are not have nothing to delay. */
static void send_at_once(int connection) {
    int on = 1;
    if (setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 &&
        errno != EOPNOTSUPP) {
        die("can't set TCP_NODELAY");
    }
}

void serve(int connection) {
    struct session session = {.connection = connection, .pipe = -1, .nowhere = -1};
    struct timeval limit = {.tv_sec = IDLE_SECONDS_MAX};
    if (setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0) {
        die("can't set up the connection");
    }
    send_at_once(connection);
    while (serve_once(&session)) {
    }
    close(connection);
    if (session.pipe >= 0) {
        close(session.pipe);
        close(session.nowhere);
    }
}
