/* The native anchor of the relays: what epoll(7) and splice(2) give, and nothing else. Each
 * direction of each connection has a pipe of its own for as long as it lives.
 *
 *   splice_proxy ADDRESS PORT...
 *
 * For each port it listens on another one and connects to the former whatever comes there. It
 * prints "listening" with its own ports in the same order, and ends when its standard input ends. */
#define _GNU_SOURCE
#include "die.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPE_BYTES = 1 << 20, EVENTS_MAX = 128, BACKENDS_MAX = 4 };

/* What an event names, where it is no relay: a listener by its index, or the standard input. */
enum { STANDARD_INPUT = BACKENDS_MAX };

/* What a direction moves before it is the turn of another connection. */
enum { TURN_BYTES = 2 << 20 };

struct side {
    int socket;
    bool readable;
    bool writable;
};

struct direction {
    int pipe[2];
    size_t in_pipe;
    /* The source has ended; the target was told. */
    bool ended;
    bool told;
};

struct relay {
    struct side sides[2];
    /* From sides[0] to sides[1], and back. */
    struct direction directions[2];
    /* Whether it has more to do than its last turn allowed. */
    bool queued;
    struct relay *next;
};

/* Those that have more to do, the first to come first. */
static struct relay *first_queued;
static struct relay **last_queued = &first_queued;

static int epoll;
static struct {
    int listener;
    struct sockaddr_in address;
} backends[BACKENDS_MAX];

static void enqueue(struct relay *relay) {
    if (!relay->queued) {
        relay->queued = true;
        relay->next = NULL;
        *last_queued = relay;
        last_queued = &relay->next;
    }
}

/* Fills the pipe. EAGAIN with bytes in it may mean that it is full: only with an empty pipe it says
 * that the source is dry. */
static bool fill(struct side *from, struct direction *direction) {
    if (!from->readable || direction->ended) {
        return false;
    }
    unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
    ssize_t n = splice(from->socket, NULL, direction->pipe[1], NULL, PIPE_BYTES, flags);
    if (n > 0) {
        direction->in_pipe += (size_t)n;
    } else if (n == 0 || errno != EAGAIN) {
        direction->ended = true;
    } else if (direction->in_pipe == 0) {
        from->readable = false;
    }
    return n > 0;
}

/* Empties the pipe; what it moves, or 0. */
static size_t empty(struct side *to, struct direction *direction) {
    if (!to->writable || direction->in_pipe == 0) {
        return 0;
    }
    unsigned flags = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
    ssize_t n = splice(direction->pipe[0], NULL, to->socket, NULL, direction->in_pipe, flags);
    if (n > 0) {
        direction->in_pipe -= (size_t)n;
        return (size_t)n;
    }
    if (errno == EAGAIN) {
        to->writable = false;
        return 0;
    }
    /* Nobody is there to take the rest. */
    direction->in_pipe = 0;
    direction->ended = true;
    return 0;
}

/* True if the turn ended before the work did. */
static bool move(struct side *from, struct side *to, struct direction *direction) {
    size_t moved = 0;
    bool progress = true;
    while (progress && moved < TURN_BYTES) {
        progress = fill(from, direction);
        size_t n = empty(to, direction);
        moved += n;
        progress |= n > 0;
    }
    if (direction->ended && direction->in_pipe == 0 && !direction->told) {
        direction->told = true;
        shutdown(to->socket, SHUT_WR);
    }
    return progress;
}

static void close_relay(struct relay *relay) {
    for (int i = 0; i < 2; i++) {
        close(relay->sides[i].socket);
        close(relay->directions[i].pipe[0]);
        close(relay->directions[i].pipe[1]);
    }
    free(relay);
}

/* An event of a batch may still name a relay, so it is closed only from the queue, between batches.
 */
static void run_turn(struct relay *relay) {
    struct side *sides = relay->sides;
    bool more = move(&sides[0], &sides[1], &relay->directions[0]);
    more |= move(&sides[1], &sides[0], &relay->directions[1]);
    if (relay->directions[0].told && relay->directions[1].told) {
        close_relay(relay);
    } else if (more) {
        enqueue(relay);
    }
}

/* A turn each; what those that come again have left waits for the next events to be looked at. */
static void run_queued(void) {
    struct relay *relay = first_queued;
    first_queued = NULL;
    last_queued = &first_queued;
    while (relay != NULL) {
        struct relay *next = relay->next;
        relay->queued = false;
        run_turn(relay);
        relay = next;
    }
}

static void on_event(const struct epoll_event *event) {
    /* Relays are aligned, so the lowest bit is free to name the side. */
    struct relay *relay = (struct relay *)(uintptr_t)(event->data.u64 & ~UINT64_C(1));
    struct side *side = &relay->sides[event->data.u64 & 1];
    side->readable |= (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    side->writable |= (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    enqueue(relay);
}

static void watch(struct relay *relay, uint64_t which) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.u64 = (uintptr_t)relay | which};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, relay->sides[which].socket, &event) != 0) {
        die("epoll_ctl");
    }
}

static void prepare(struct relay *relay, int which, int socket) {
    int on = 1;
    int flags = O_CLOEXEC | O_NONBLOCK;
    if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        fcntl(socket, F_SETFL, O_NONBLOCK) != 0 ||
        pipe2(relay->directions[which].pipe, flags) != 0) {
        die("can't prepare a relay");
    }
    /* Who may not have so large ones works with small ones. */
    fcntl(relay->directions[which].pipe[0], F_SETPIPE_SZ, PIPE_BYTES);
    relay->sides[which] = (struct side){.socket = socket};
}

static void start_relay(uint64_t which) {
    const struct sockaddr_in *backend = &backends[which].address;
    int client = accept4(backends[which].listener, NULL, NULL, SOCK_CLOEXEC);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct relay *relay = calloc(1, sizeof *relay);
    if (client < 0 || server < 0 || relay == NULL ||
        connect(server, (const struct sockaddr *)backend, sizeof *backend) != 0) {
        die("can't connect");
    }
    prepare(relay, 0, client);
    prepare(relay, 1, server);
    watch(relay, 0);
    watch(relay, 1);
}

static int listen_on(const char *address) {
    struct sockaddr_in local = {.sin_family = AF_INET};
    socklen_t length = sizeof local;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, address, &local.sin_addr) != 1 || listener < 0 ||
        bind(listener, (struct sockaddr *)&local, length) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&local, &length) != 0) {
        die("can't listen");
    }
    printf(" %u", ntohs(local.sin_port));
    return listener;
}

static void serve(void) {
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, first_queued == NULL ? -1 : 0);
        for (int i = 0; i < count; i++) {
            uint64_t which = events[i].data.u64;
            if (which == STANDARD_INPUT) {
                exit(EXIT_SUCCESS);
            } else if (which < BACKENDS_MAX) {
                start_relay(which);
            } else {
                on_event(&events[i]);
            }
        }
        run_queued();
    }
}

static void wait_for(int descriptor, uint64_t which) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = which};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        die("epoll_ctl");
    }
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 2 + BACKENDS_MAX) {
        fprintf(stderr, "usage: splice_proxy ADDRESS PORT...\n");
        return EXIT_FAILURE;
    }
    /* splice(2) to a connection that is gone fails with EPIPE then. */
    signal(SIGPIPE, SIG_IGN);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    fputs("listening", stdout);
    for (int i = 0; i < argc - 2; i++) {
        struct sockaddr_in *backend = &backends[i].address;
        backend->sin_family = AF_INET;
        backend->sin_port = htons((uint16_t)atoi(argv[i + 2]));
        if (inet_pton(AF_INET, argv[1], &backend->sin_addr) != 1) {
            errno = EINVAL;
            die(argv[1]);
        }
        backends[i].listener = listen_on(argv[1]);
        wait_for(backends[i].listener, (uint64_t)i);
    }
    puts("");
    fflush(stdout);
    wait_for(STDIN_FILENO, STANDARD_INPUT);
    serve();
}
