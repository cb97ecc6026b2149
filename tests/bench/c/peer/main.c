/* The other end of what the movers transfer: it discards, reads or feeds, as wire.h says.
 *
 *   peer ADDRESS PATH
 *
 * It listens on a TCP port of the IPv4 address and on the UNIX socket at the path, prints
 * "listening PORT", and serves each connection in a thread of its own. It ends when its standard
 * input ends: that happens however its parent ended. */
#define _GNU_SOURCE
#include "cores.h"
#include "die.h"
#include "serve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16 };

static void start_thread(void *(*run)(void *), intptr_t argument) {
    pthread_t thread;
    errno = pthread_create(&thread, NULL, run, (void *)argument);
    if (errno != 0 || (errno = pthread_detach(thread)) != 0) {
        die("can't start a thread");
    }
}

static void *serve_one(void *connection) {
    serve((int)(intptr_t)connection);
    return NULL;
}

/* It ends with the process. */
static void *serve_all(void *listener) {
    for (;;) {
        int connection = accept4((int)(intptr_t)listener, NULL, NULL, SOCK_CLOEXEC);
        if (connection >= 0) {
            start_thread(serve_one, connection);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            die("can't accept a connection");
        }
    }
    return NULL;
}

static int listen_on_tcp(const char *host, uint16_t *port) {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        errno = EINVAL;
        die(host);
    }
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, BACKLOG) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        die("can't listen on TCP");
    }
    *port = ntohs(address.sin_port);
    return listener;
}

static int listen_on_unix(const char *path) {
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(path);
    }
    strcpy(address.sun_path, path);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, BACKLOG) != 0) {
        die(path);
    }
    return listener;
}

static void await_end_of_input(void) {
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: peer ADDRESS PATH\n");
        return EXIT_FAILURE;
    }
    pin_to(LAST_CORE);
    uint16_t port = 0;
    start_thread(serve_all, listen_on_tcp(argv[1], &port));
    start_thread(serve_all, listen_on_unix(argv[2]));
    printf("listening %u\n", port);
    fflush(stdout);
    await_end_of_input();
    unlink(argv[2]);
    return EXIT_SUCCESS;
}
