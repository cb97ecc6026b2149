#define _GNU_SOURCE
#include "ends.h"
#include "die.h"
#include "wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const struct end NOTHING = {.fd = -1, .connection = -1};

static bool is_kind(const struct end_name *name, const char *kind) {
    return strcmp(name->kind, kind) == 0;
}

static int checked_descriptor(int descriptor, const char *what) {
    if (descriptor < 0) {
        die(what);
    }
    return descriptor;
}

static struct end no_such_kind(const struct end_name *name) {
    errno = EINVAL;
    die(name->kind);
    return NOTHING;
}

static int connect_by_tcp(const struct peer *peer) {
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(peer->port)};
    int on = 1;
    if (connection < 0 || inet_pton(AF_INET, peer->address, &address.sin_addr) != 1 ||
        connect(connection, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        die("can't connect to the peer");
    }
    return connection;
}

static struct end tcp_end(const struct peer *peer, char mode) {
    struct end end = NOTHING;
    end.fd = end.connection = connect_by_tcp(peer);
    end.mode = mode;
    return end;
}

static struct end unix_end(const struct peer *peer, int buffer_bytes) {
    struct end end = NOTHING;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(peer->path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        die(peer->path);
    }
    strcpy(address.sun_path, peer->path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t option_bytes = sizeof buffer_bytes;
    if (connection < 0 ||
        (buffer_bytes > 0 && setsockopt(connection, SOL_SOCKET, SO_SNDBUF, &buffer_bytes,
                                        (socklen_t)option_bytes) != 0) ||
        connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        die("can't connect to the peer's UNIX socket");
    }
    end.fd = end.connection = connection;
    end.mode = MODE_READING;
    return end;
}

static struct end file_end(const char *path, int flags) {
    struct end end = NOTHING;
    end.fd = checked_descriptor(open(path, flags | O_CLOEXEC, 0600), path);
    end.is_file = true;
    return end;
}

static struct end new_file_end(const char *path) {
    struct end end = file_end(path, O_WRONLY | O_CREAT | O_EXCL);
    strcpy(end.path, path);
    return end;
}

/* Mapped with its pages present: what a server has that keeps its data in memory. */
static struct end memory_end(const char *path) {
    struct end end = NOTHING;
    int file = checked_descriptor(open(path, O_RDONLY | O_CLOEXEC), path);
    struct stat status;
    if (fstat(file, &status) != 0) {
        die(path);
    }
    end.memory_bytes = (size_t)status.st_size;
    void *memory =
        mmap(NULL, end.memory_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
    if (memory == MAP_FAILED) {
        die("mmap");
    }
    end.memory = memory;
    close(file);
    return end;
}

static void say(int connection, char mode, uint64_t number) {
    char announcement[ANNOUNCEMENT_BYTES] = {mode};
    for (int i = ANNOUNCEMENT_BYTES - 1; i > 0; i--) {
        announcement[i] = (char)(number & 0xff);
        number >>= 8;
    }
    ssize_t n = send(connection, announcement, sizeof announcement, MSG_NOSIGNAL);
    if (n != sizeof announcement) {
        die("can't talk to the peer");
    }
}

static void await(int connection, enum wire_answer expected) {
    char byte = 0;
    if (recv(connection, &byte, 1, 0) != 1 || byte != (char)expected) {
        die("the peer did not answer");
    }
}

static struct end pipe_end(const struct peer *peer) {
    struct end end = NOTHING;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        die("pipe2");
    }
    end.fd = ends[1];
    end.connection = connect_by_tcp(peer);
    end.mode = MODE_BLOCKING;
    say(end.connection, MODE_PIPE, (uint64_t)getpid() << PIPE_DESCRIPTOR_BITS | (unsigned)ends[0]);
    await(end.connection, ANSWER_READY);
    close(ends[0]);
    return end;
}

struct end open_source(const struct peer *peer, const struct end_name *name) {
    if (is_kind(name, "file")) {
        return file_end(name->location, O_RDONLY);
    }
    if (is_kind(name, "memory")) {
        return memory_end(name->location);
    }
    return is_kind(name, "tcp") ? tcp_end(peer, MODE_FEEDING) : no_such_kind(name);
}

struct end open_target(const struct peer *peer, const struct end_name *name) {
    if (is_kind(name, "file")) {
        return file_end(name->location, O_WRONLY);
    }
    if (is_kind(name, "new-file")) {
        return new_file_end(name->location);
    }
    if (is_kind(name, "tcp")) {
        return tcp_end(peer, name->location[0]);
    }
    if (is_kind(name, "unix")) {
        return unix_end(peer, atoi(name->location));
    }
    return is_kind(name, "pipe") ? pipe_end(peer) : no_such_kind(name);
}

void announce(const struct end *end, uint64_t bytes) {
    if (end->connection >= 0) {
        say(end->connection, end->mode, bytes);
        await(end->connection, ANSWER_READY);
    }
}

void start_feeding(const struct end *source) {
    char byte = GO;
    if (source->connection >= 0 && send(source->connection, &byte, 1, MSG_NOSIGNAL) != 1) {
        die("can't start the peer");
    }
}

void await_taken(const struct end *target) {
    if (target->connection >= 0) {
        await(target->connection, ANSWER_DONE);
    }
}

void close_end(struct end *end) {
    if (end->memory != NULL) {
        munmap((void *)end->memory, end->memory_bytes);
    }
    if (end->connection >= 0 && end->connection != end->fd) {
        close(end->connection);
    }
    if (end->fd >= 0) {
        close(end->fd);
    }
    if (end->path[0] != '\0' && unlink(end->path) != 0) {
        die(end->path);
    }
    *end = NOTHING;
}
