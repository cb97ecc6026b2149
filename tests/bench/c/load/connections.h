/* The connections through a proxy: of each both ends are here, the one that connects to the proxy
 * (source) and the one that the proxy connects to (sink). */
#ifndef ZEROCOPY_NIO_BENCH_CONNECTIONS_H
#define ZEROCOPY_NIO_BENCH_CONNECTIONS_H

#include <stdint.h>

enum { CONNECTIONS_MAX = 8192 };

/* A proxy that moves nothing for so long is taken for dead: nothing here may last for ever. */
enum { STALLED_MS_MAX = 20000 };

struct connection {
    int source;
    int sink;
};

struct connections {
    /* Where the proxy connects to, and its port. */
    int listener;
    uint16_t port;
    /* How many are open. */
    uint32_t count;
    struct connection all[CONNECTIONS_MAX];
};

/* Listens on a port of the address that the system chooses. */
void listen_for_proxy(struct connections *connections, const char *address);

/* Opens so many through the proxy that listens on this port. */
void open_connections(struct connections *connections, const char *address, uint16_t proxy_port,
                      uint32_t count);

/* Ends all from the source's side. The proxy has to pass on the end each way and to lose nothing:
 * bytes that come before it are an error. */
void close_connections(struct connections *connections);

#endif
