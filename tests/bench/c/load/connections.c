#define _GNU_SOURCE
#include "connections.h"
#include "die.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* So many may wait to be accepted by the proxy, or to come out of it, at a time. */
enum { OPENING_MAX = 64 };

static const int ON = 1;

static void await(int socket, short events, const char *what) {
    struct pollfd waiting = {.fd = socket, .events = events};
    int ready = poll(&waiting, 1, STALLED_MS_MAX);
    if (ready != 1) {
        errno = ready == 0 ? ETIMEDOUT : errno;
        die(what);
    }
}

/* Bytes of a byte or two must not wait for the acknowledgement of those before them. */
static void send_at_once(int socket) {
    if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &ON, sizeof ON) != 0) {
        die("TCP_NODELAY");
    }
}

static struct sockaddr_in address_of(const char *host, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = EINVAL;
        die(host);
    }
    return address;
}

static void allow_many_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        die("getrlimit");
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        die("setrlimit");
    }
}

void listen_for_proxy(struct connections *connections, const char *host) {
    allow_many_descriptors();
    struct sockaddr_in address = address_of(host, 0);
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, SOMAXCONN) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        die("can't listen");
    }
    connections->listener = listener;
    connections->port = ntohs(address.sin_port);
}

/* The first bytes of each connection are its number, because they come out in any order. */
static int connect_to_proxy(const struct sockaddr_in *proxy, uint32_t number) {
    int source = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (source < 0 || connect(source, (const struct sockaddr *)proxy, sizeof *proxy) != 0) {
        die("can't connect to the proxy");
    }
    send_at_once(source);
    if (send(source, &number, sizeof number, MSG_NOSIGNAL) != sizeof number) {
        die("can't send to the proxy");
    }
    return source;
}

static void accept_from_proxy(struct connections *connections) {
    await(connections->listener, POLLIN, "the proxy does not connect");
    int sink = accept4(connections->listener, NULL, NULL, SOCK_CLOEXEC);
    if (sink < 0) {
        die("accept4");
    }
    send_at_once(sink);
    await(sink, POLLIN, "the proxy passes nothing on");
    uint32_t number = 0;
    if (recv(sink, &number, sizeof number, MSG_WAITALL) != sizeof number ||
        number >= connections->count || connections->all[number].sink >= 0) {
        errno = EPROTO;
        die("the proxy passes on something else than it was sent");
    }
    connections->all[number].sink = sink;
}

void open_connections(struct connections *connections, const char *address, uint16_t proxy_port,
                      uint32_t count) {
    if (connections->count != 0 || count > CONNECTIONS_MAX) {
        errno = EINVAL;
        die("open");
    }
    struct sockaddr_in proxy = address_of(address, proxy_port);
    uint32_t accepted = 0;
    for (uint32_t number = 0; number < count; number++) {
        connections->all[number].sink = -1;
        connections->count = number + 1;
        connections->all[number].source = connect_to_proxy(&proxy, number);
        if (number + 1 - accepted >= OPENING_MAX) {
            accept_from_proxy(connections);
            accepted++;
        }
    }
    for (; accepted < count; accepted++) {
        accept_from_proxy(connections);
    }
}

static void expect_end(int socket) {
    char byte;
    await(socket, POLLIN, "the proxy does not pass on the end");
    ssize_t n = recv(socket, &byte, 1, 0);
    if (n != 0) {
        errno = n > 0 ? EPROTO : errno;
        die("the proxy passes on something else than the end");
    }
}

void close_connections(struct connections *connections) {
    for (uint32_t i = 0; i < connections->count; i++) {
        if (shutdown(connections->all[i].source, SHUT_WR) != 0) {
            die("shutdown");
        }
    }
    for (uint32_t i = 0; i < connections->count; i++) {
        expect_end(connections->all[i].sink);
        close(connections->all[i].sink);
    }
    for (uint32_t i = 0; i < connections->count; i++) {
        expect_end(connections->all[i].source);
        close(connections->all[i].source);
    }
    connections->count = 0;
}
