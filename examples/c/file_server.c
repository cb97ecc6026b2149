/*
 * Serves files of a folder to many clients on one thread: epoll(7) and one zc_pump a connection.
 *
 *     file_server FOLDER PORT      # listens on 127.0.0.1; port 0 for any, which is printed
 *
 * A client sends the name of a file and a newline; it gets "OK", the size and a newline, and then
 * the file, or "NO" and a newline. Then the connection is closed.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zerocopy_nio.h>

#define NAME_BYTES_MAX 255
#define EVENTS_MAX 64

/* A slow client is given up when it has taken nothing for so long. */
#define IDLE_TIMEOUT_MS 30000

struct client {
    int socket;
    int file; /* -1 while the name has not arrived */
    zc_pump *pump;
    size_t name_bytes;
    char name[NAME_BYTES_MAX + 1];
    bool is_ready; /* it has spent its budget and is stepped again without an event */
    struct client *next, **link;
};

static struct client *clients;
static int folder;
static int epoll;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void end_client(struct client *client) {
    /* The descriptors are the pump's until it is freed. */
    zc_pump_free(client->pump);
    if (client->file >= 0) {
        close(client->file);
    }
    close(client->socket);
    *client->link = client->next;
    if (client->next != NULL) {
        client->next->link = client->link;
    }
    free(client);
}

static void add_client(int socket) {
    struct client *client = calloc(1, sizeof *client);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = client};
    if (client == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) != 0) {
        free(client);
        close(socket);
        return;
    }
    client->socket = socket;
    client->file = -1;
    client->next = clients;
    client->link = &clients;
    if (clients != NULL) {
        clients->link = &client->next;
    }
    clients = client;
}

/* Opens the file that the client has named: only one right in the folder. */
static void open_file(struct client *client) {
    struct stat status;
    if (strchr(client->name, '/') != NULL) {
        return;
    }
    client->file = openat(folder, client->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (client->file >= 0 && (fstat(client->file, &status) != 0 || !S_ISREG(status.st_mode))) {
        close(client->file);
        client->file = -1;
    }
}

/* Makes the pump that answers. Returns false if there is nothing to pump. */
static bool begin_answer(struct client *client) {
    open_file(client);
    struct stat status;
    if (client->file < 0 || fstat(client->file, &status) != 0) {
        /* So small an answer fits into the empty buffer of any socket. */
        (void)send(client->socket, "NO\n", 3, MSG_NOSIGNAL | MSG_DONTWAIT);
        return false;
    }
    char header[64];
    int header_bytes = snprintf(header, sizeof header, "OK %lld\n", (long long)status.st_size);
    zc_options options = ZC_OPTIONS_INIT;
    options.header = header; /* is copied */
    options.header_bytes = (size_t)header_bytes;
    options.idle_timeout_ms = IDLE_TIMEOUT_MS;
    zc_result result = ZC_RESULT_INIT;
    if (zc_pump_new(client->file, NULL, client->socket, NULL, (uint64_t)status.st_size, &options,
                    &result, &client->pump) != ZC_OK) {
        fprintf(stderr, "%s: %s\n", client->name, result.message);
    }
    return client->pump != NULL;
}

/* Reads the name. Returns whether the client is still wanted. */
static bool read_name(struct client *client) {
    while (client->name_bytes < NAME_BYTES_MAX) {
        char *end = client->name + client->name_bytes;
        ssize_t got = read(client->socket, end, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return true;
        }
        if (got <= 0) {
            return false;
        }
        if (*end == '\n') {
            *end = '\0';
            return begin_answer(client);
        }
        client->name_bytes++;
    }
    return false;
}

/* Goes on with a client for which something may be possible now. */
static void serve(struct client *client) {
    client->is_ready = false;
    if (client->pump == NULL && !read_name(client)) {
        end_client(client);
        return;
    }
    if (client->pump == NULL) {
        return;
    }
    zc_result result = ZC_RESULT_INIT;
    if (zc_pump_step(client->pump, &result) != ZC_OK) {
        fprintf(stderr, "%s: %s\n", client->name, result.message);
        end_client(client);
    } else if (result.end == ZC_END_COMPLETE || result.end == ZC_END_SOURCE_ENDED) {
        end_client(client);
    } else {
        /* With ZC_END_WAIT_TARGET epoll tells when the socket takes more. */
        client->is_ready = result.end == ZC_END_BUDGET;
    }
}

static void accept_all(int listener) {
    int socket;
    while ((socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        add_client(socket);
    }
}

/* Steps those that have spent their budget, and those whose time-out may have passed. */
static bool serve_ready(bool all) {
    bool any = false;
    for (struct client *client = clients, *next; client != NULL; client = next) {
        next = client->next;
        if (client->is_ready || (all && client->pump != NULL)) {
            serve(client);
        }
    }
    for (struct client *client = clients; client != NULL; client = client->next) {
        any = any || client->is_ready;
    }
    return any;
}

static int listen_on(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
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

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s FOLDER PORT\n", argv[0]);
        return 2;
    }
    folder = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (folder < 0 || epoll < 0) {
        die(argv[1]);
    }
    /* Not for the library, which raises no SIGPIPE: ignored it costs the library nothing at all. */
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_on(argv[2]);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) != 0) {
        die("epoll_ctl");
    }
    bool is_any_ready = false;
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(epoll, events, EVENTS_MAX, is_any_ready ? 0 : 1000);
        if (count < 0 && errno != EINTR) {
            die("epoll_wait");
        }
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == NULL) {
                accept_all(listener);
            } else {
                ((struct client *)events[i].data.ptr)->is_ready = true;
            }
        }
        is_any_ready = serve_ready(count == 0);
    }
}
