/*
 * A TCP proxy on one thread: poll(2) and two zc_pumps a connection, one for each direction.
 *
 *     proxy PORT TARGET_PORT       # both on 127.0.0.1; port 0 for any, which is printed
 *
 * The bytes go from socket to socket inside the kernel, by splice(2). When one side has sent its
 * last byte the other one is told so, and may still answer.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zerocopy_nio.h>

#define CONNECTIONS_MAX 200

/* One direction: what the pump waits for, or nothing if it goes on at once or is over. */
struct way {
    zc_pump *pump;
    int to;
    int wait_fd;
    short wait_events;
};

struct connection {
    int client, target;
    struct way ways[2];
};

static struct connection connections[CONNECTIONS_MAX];
static int connection_count;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static struct sockaddr_in on_loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool begin_way(struct way *way, int from, int to) {
    zc_result result = ZC_RESULT_INIT;
    zc_status status = zc_pump_new(from, NULL, to, NULL, UINT64_MAX, NULL, &result, &way->pump);
    if (status != ZC_OK) {
        fprintf(stderr, "%s\n", result.message);
    }
    way->to = to;
    way->wait_fd = -1;
    return status == ZC_OK;
}

static void end_way(struct way *way) {
    zc_pump_free(way->pump);
    way->pump = NULL;
    way->wait_fd = -1;
}

/* Ends what is over, and puts the last connection into its place. */
static void end_connection(struct connection *connection) {
    end_way(&connection->ways[0]);
    end_way(&connection->ways[1]);
    close(connection->client);
    close(connection->target);
    *connection = connections[--connection_count];
}

static void begin_connection(int client, int target_port) {
    struct sockaddr_in address = on_loopback(target_port);
    struct connection made = {.client = client};
    made.target = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* This machine answers at once. A proxy for other machines would not wait here: it would
     * connect in non-blocking mode, and make the pumps when the socket is writable. */
    bool is_connected =
        made.target >= 0
        && connect(made.target, (struct sockaddr *)&address, sizeof address) == 0
        && fcntl(made.target, F_SETFL, O_NONBLOCK) == 0;
    if (connection_count == CONNECTIONS_MAX || !is_connected
        || !begin_way(&made.ways[0], client, made.target)
        || !begin_way(&made.ways[1], made.target, client)) {
        end_way(&made.ways[0]);
        close(client);
        if (made.target >= 0) {
            close(made.target);
        }
        return;
    }
    connections[connection_count++] = made;
}

/* Moves what can be moved one way. Returns false if the connection has failed. */
static bool step(struct way *way) {
    zc_result result = ZC_RESULT_INIT;
    if (zc_pump_step(way->pump, &result) != ZC_OK) {
        return false;
    }
    way->wait_fd = result.wait_fd;
    way->wait_events = (short)result.wait_events;
    if (result.end == ZC_END_SOURCE_ENDED) {
        end_way(way);
        return shutdown(way->to, SHUT_WR) == 0;
    }
    return true;
}

/* Whether there is something to do for this way, as far as poll(2) has said. */
static bool is_due(const struct way *way, const struct pollfd *asked) {
    return way->pump != NULL && (way->wait_fd < 0 || asked->revents != 0);
}

/* Steps every way that is due. Returns whether one is due again at once. */
static bool step_all(const struct pollfd *asked) {
    bool is_any_due = false;
    /* From behind: the last connection, which was stepped already, takes the place of one that
     * ends. */
    for (int i = connection_count - 1; i >= 0; i--) {
        struct connection *connection = &connections[i];
        bool is_well = true;
        for (int side = 0; side < 2 && is_well; side++) {
            struct way *way = &connection->ways[side];
            if (is_due(way, &asked[2 * i + side])) {
                is_well = step(way);
            }
            is_any_due = is_any_due || (way->pump != NULL && way->wait_fd < 0);
        }
        if (!is_well || (connection->ways[0].pump == NULL && connection->ways[1].pump == NULL)) {
            end_connection(connection);
        }
    }
    return is_any_due;
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

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s PORT TARGET_PORT\n", argv[0]);
        return 2;
    }
    int listener = listen_on(atoi(argv[1])), target_port = atoi(argv[2]);
    signal(SIGPIPE, SIG_IGN);
    bool is_any_due = false;
    for (;;) {
        struct pollfd asked[2 * CONNECTIONS_MAX + 1];
        for (int i = 0; i < connection_count; i++) {
            for (int side = 0; side < 2; side++) {
                const struct way *way = &connections[i].ways[side];
                /* poll(2) passes over what is negative. */
                asked[2 * i + side] =
                    (struct pollfd){.fd = way->wait_fd, .events = way->wait_events};
            }
        }
        int listening = 2 * connection_count;
        asked[listening] = (struct pollfd){.fd = listener, .events = POLLIN};
        if (poll(asked, (nfds_t)listening + 1, is_any_due ? 0 : -1) < 0 && errno != EINTR) {
            die("poll");
        }
        is_any_due = step_all(asked);
        if (asked[listening].revents != 0) {
            int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (client >= 0) {
                begin_connection(client, target_port);
                is_any_due = true;
            }
        }
    }
}
