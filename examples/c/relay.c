/*
 * A TCP proxy with the relay engine: this thread accepts and connects, and one of the engine's moves
 * the bytes of all connections, inside the kernel where there are many.
 *
 *     relay PORT TARGET_PORT       # both on 127.0.0.1; port 0 for any, which is printed
 *
 * The engine passes on the end of each direction, and closes both sockets behind the last byte. What
 * proxy.c does by hand, with pumps in a loop of its own, is done by zc_relay_start here.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zerocopy_nio.h>

#define IDLE_TIMEOUT_MS (10 * 60 * 1000)

static void die(const char *what) {
    perror(what);
    exit(1);
}

static struct sockaddr_in on_loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_on(int port) {
    struct sockaddr_in address = on_loopback(port);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
        || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 128) != 0
        || getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        die("listen");
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* Joins a client with the target. The engine has both sockets then, or neither. */
static void begin(zc_engine *engine, int client, int target_port) {
    struct sockaddr_in address = on_loopback(target_port);
    int target = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    zc_relay_options options = ZC_RELAY_OPTIONS_INIT;
    options.idle_timeout_ms = IDLE_TIMEOUT_MS;
    zc_result result = ZC_RESULT_INIT;
    /* This machine answers at once. A proxy for other machines would not wait here: it would
     * connect in non-blocking mode, and start the relay when the socket is writable. */
    if (target < 0 || connect(target, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
    } else if (zc_relay_start(engine, client, target, &options, NULL, &result) == ZC_OK) {
        return;
    } else {
        fprintf(stderr, "%s\n", result.message);
    }
    close(client);
    if (target >= 0) {
        close(target);
    }
}

static void tell_if_cut(uint64_t id, const char *way, const zc_relay_flow *flow) {
    if (flow->end != ZC_RELAY_ENDED) {
        fprintf(stderr, "connection %" PRIu64 ", %s: cut after %" PRIu64 " B%s%s\n", id, way,
                flow->delivered, flow->error_number != 0 ? ": " : "",
                flow->error_number != 0 ? strerror(flow->error_number) : "");
    }
}

/* Says of those that are over what has not come to its end. */
static void take_results(zc_engine *engine) {
    zc_relay_result results[64];
    size_t count;
    while (zc_engine_completed(engine, results, 64, &count) == ZC_OK && count > 0) {
        for (size_t i = 0; i < count; i++) {
            tell_if_cut(results[i].id, "to the target", &results[i].a_to_b);
            tell_if_cut(results[i].id, "to the client", &results[i].b_to_a);
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s PORT TARGET_PORT\n", argv[0]);
        return 2;
    }
    zc_engine *engine;
    zc_result result = ZC_RESULT_INIT;
    if (zc_engine_new(NULL, &result, &engine) != ZC_OK) {
        fprintf(stderr, "%s\n", result.message);
        return 1;
    }
    int listener = listen_on(atoi(argv[1])), target_port = atoi(argv[2]);
    struct pollfd asked[] = {{.fd = listener, .events = POLLIN},
                             {.fd = zc_engine_fd(engine), .events = POLLIN}};
    for (;;) {
        if (poll(asked, 2, -1) < 0 && errno != EINTR) {
            die("poll");
        }
        take_results(engine);
        int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            begin(engine, client, target_port);
        }
    }
}
