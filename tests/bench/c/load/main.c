/* Loads proxies: it connects to them, and they connect to it.
 *
 *   load ADDRESS
 *
 * It is kept on the last core, prints "listening PORT", which is where proxies have to connect to,
 * and then answers commands from its standard input, until that ends:
 *
 *   open PORT COUNT                         so many connections through the proxy on that port
 *       -> opened
 *   check BYTES                             sends so many both ways, one connection after another
 *       -> checked                          where what came is what was sent
 *   bulk PROCESS BYTES CALL_BYTES           over all connections together, from memory, so many
 *                                           bytes by one call at most
 *       -> done WALL_NS CPU_NS
 *   ping PROCESS COUNT                      so many exchanges of 64 bytes over all together
 *       -> done WALL_NS CPU_NS P50_NS P99_NS
 *   cpu PROCESS
 *       -> cpu CPU_NS
 *   close                                   all connections; the ends have to come through
 *       -> closed
 *
 * CPU_NS is the user and system time of all threads of the process, which is the proxy's; of the
 * process 0 it is 0. Whatever a proxy does wrong ends the program. */
#define _GNU_SOURCE
#include "bursts.h"
#include "cores.h"
#include "die.h"

#include <time.h>

static struct connections connections;

static void obey_bulk(pid_t proxy, int64_t bytes, size_t call_bytes) {
    struct cost cost = send_bulk(&connections, proxy, bytes, call_bytes);
    printf("done %lld %lld\n", (long long)cost.wall_ns, (long long)cost.cpu_ns);
}

static void obey_ping(pid_t proxy, uint32_t count) {
    struct latencies latencies = exchange(&connections, proxy, count);
    printf("done %lld %lld %lld %lld\n", (long long)latencies.cost.wall_ns,
           (long long)latencies.cost.cpu_ns, (long long)latencies.p50_ns,
           (long long)latencies.p99_ns);
}

static void obey(const char *line, const char *address) {
    long long first = 0;
    long long second = 0;
    long long third = 0;
    char word[16] = "";
    sscanf(line, "%15s %lld %lld %lld", word, &first, &second, &third);
    if (strcmp(word, "open") == 0) {
        open_connections(&connections, address, (uint16_t)first, (uint32_t)second);
        puts("opened");
    } else if (strcmp(word, "check") == 0) {
        check_content(&connections, first);
        puts("checked");
    } else if (strcmp(word, "bulk") == 0) {
        obey_bulk((pid_t)first, second, (size_t)third);
    } else if (strcmp(word, "ping") == 0) {
        obey_ping((pid_t)first, (uint32_t)second);
    } else if (strcmp(word, "cpu") == 0) {
        printf("cpu %lld\n", (long long)cpu_ns_of((pid_t)first));
    } else if (strcmp(word, "close") == 0) {
        close_connections(&connections);
        puts("closed");
    } else {
        errno = EINVAL;
        die(line);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: load ADDRESS\n");
        return EXIT_FAILURE;
    }
    pin_to(LAST_CORE);
    setvbuf(stdout, NULL, _IOLBF, 0);
    listen_for_proxy(&connections, argv[1]);
    printf("listening %u\n", connections.port);
    char line[128];
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line, argv[1]);
    }
    return EXIT_SUCCESS;
}
