#define _GNU_SOURCE
#include "methods.h"
#include "die.h"
#include "zerocopy_nio.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

/* The largest pipe that a process may make without privileges, and the best one into files. */
enum { PIPE_BYTES = 1 << 20 };

/* As the library copies from a socket to a file. */
enum { COPY_BYTES_MAX = 2 << 20 };

static size_t at_most(int64_t bytes, size_t limit) {
    return (uint64_t)bytes < limit ? (size_t)bytes : limit;
}

static int64_t checked(ssize_t moved, const char *call) {
    if (moved <= 0) {
        die(call);
    }
    return moved;
}

void send_all(int socket, const char *data, size_t bytes) {
    while (bytes > 0) {
        size_t sent = (size_t)checked(send(socket, data, bytes, MSG_NOSIGNAL), "send");
        data += sent;
        bytes -= sent;
    }
}

static void by_sendfile(const struct end *source, const struct end *target, int64_t bytes) {
    off_t offset = 0;
    while (offset < bytes) {
        checked(sendfile(target->fd, source->fd, &offset, (size_t)(bytes - offset)), "sendfile");
    }
}

static void by_copy_file_range(const struct end *source, const struct end *target,
                               int64_t bytes) {
    off64_t from = 0;
    off64_t to = 0;
    while (from < bytes) {
        checked(copy_file_range(source->fd, &from, target->fd, &to, (size_t)(bytes - from), 0),
                "copy_file_range");
    }
}

/* Where one end is a pipe. */
static void by_splice(const struct end *source, const struct end *target, int64_t bytes) {
    off64_t from = 0;
    for (int64_t left = bytes; left > 0;) {
        size_t most = at_most(left, PIPE_BYTES);
        off64_t *offset = source->is_file ? &from : NULL;
        left -= checked(splice(source->fd, offset, target->fd, NULL, most, 0), "splice");
    }
}

/* Between two ends that are none: through a pipe, which is empty again after each turn. */
static void by_splice_through_pipe(const struct end *source, const struct end *target,
                                   int64_t bytes) {
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && (pipe2(ends, O_CLOEXEC) != 0 ||
                        fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < PIPE_BYTES)) {
        die("can't make a pipe of 1 MiB");
    }
    off64_t from = 0;
    off64_t to = 0;
    for (int64_t left = bytes; left > 0;) {
        size_t most = at_most(left, PIPE_BYTES);
        off64_t *source_offset = source->is_file ? &from : NULL;
        int64_t filled =
            checked(splice(source->fd, source_offset, ends[1], NULL, most, 0), "splice");
        left -= filled;
        unsigned flags = left > 0 && !target->is_file ? SPLICE_F_MORE : 0;
        while (filled > 0) {
            off64_t *target_offset = target->is_file ? &to : NULL;
            filled -= checked(
                splice(ends[0], NULL, target->fd, target_offset, (size_t)filled, flags), "splice");
        }
    }
}

static void write_all(const struct end *target, const char *data, size_t bytes, int64_t offset) {
    if (!target->is_file) {
        send_all(target->fd, data, bytes);
        return;
    }
    while (bytes > 0) {
        size_t written = (size_t)checked(pwrite(target->fd, data, bytes, offset), "pwrite");
        data += written;
        bytes -= written;
        offset += (int64_t)written;
    }
}

static void copy(const struct end *source, const struct end *target, int64_t bytes,
                 size_t buffer_bytes) {
    static _Alignas(4096) char buffer[COPY_BYTES_MAX];
    for (int64_t offset = 0; offset < bytes;) {
        size_t most = at_most(bytes - offset, buffer_bytes);
        int64_t n = source->is_file ? checked(pread(source->fd, buffer, most, offset), "pread")
                                    : checked(recv(source->fd, buffer, most, 0), "recv");
        write_all(target, buffer, (size_t)n, offset);
        offset += n;
    }
}

static void by_copy_64k(const struct end *source, const struct end *target, int64_t bytes) {
    copy(source, target, bytes, 64 << 10);
}

static void by_copy_256k(const struct end *source, const struct end *target, int64_t bytes) {
    copy(source, target, bytes, 256 << 10);
}

static void by_copy_2m(const struct end *source, const struct end *target, int64_t bytes) {
    copy(source, target, bytes, COPY_BYTES_MAX);
}

static void by_library(const struct end *source, const struct end *target, int64_t bytes) {
    int64_t from = 0;
    int64_t to = 0;
    zc_result result = ZC_RESULT_INIT;
    zc_status status =
        zc_transfer(source->fd, source->is_file ? &from : NULL, target->fd,
                    target->is_file ? &to : NULL, (uint64_t)bytes, NULL, &result);
    if (status != ZC_OK || result.delivered != (uint64_t)bytes) {
        errno = result.error_number;
        die(zc_status_message(status));
    }
}

static const struct {
    const char *name;
    move_bytes *move;
} methods[] = {
    {"sendfile", by_sendfile},
    {"splice", by_splice},
    {"splice_1m", by_splice_through_pipe},
    {"copy_file_range", by_copy_file_range},
    {"copy_64k", by_copy_64k},
    {"copy_256k", by_copy_256k},
    {"copy_2m", by_copy_2m},
    {"direct_io", by_direct_io},
    {"send", by_send},
    {"msg_zerocopy", by_msg_zerocopy},
    {"zc_transfer", by_library},
    {"zc_sender", by_library_sender},
};

move_bytes *method_named(const char *name) {
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(name, methods[i].name) == 0) {
            return methods[i].move;
        }
    }
    errno = EINVAL;
    die(name);
    return NULL;
}
