/*
 * Goal: bytes go from every kind of descriptor to every kind, whatever the count; the result and
 * the positions say so.
 * Method: each pair of kinds with counts around the borders of pages, pipes and buffers, once in
 * blocking and once in non-blocking mode. Sources that are streams are written to by a thread,
 * targets that are streams are read by one; each byte is checked against the pattern.
 */
#include "support.h"

#include <sys/sendfile.h>

#define OLD_BYTES 5000

enum kind { FILE_AT_POSITION, FILE_AT_OFFSET, MEMORY_FILE, APPENDED, TCP, UNIX, PIPE, KINDS };

static const char *const names[KINDS] = {"file at its position", "file at an offset",
                                         "memory file",          "appended file",
                                         "TCP",                  "UNIX",
                                         "pipe"};

static bool is_stream(enum kind kind) { return kind >= TCP; }

static int memory_file(void) {
    int fd = memfd_create("zerocopy-nio-test", 0);
    CHECK(fd >= 0);
    return fd;
}

struct end {
    enum kind kind;
    int fd;
    int64_t offset;
    struct feeder feeder;
    struct receiver receiver;
};

/* A source with this many bytes of the pattern left in it. */
static void open_source(struct end *end, enum kind kind, uint64_t count, bool non_blocking) {
    end->kind = kind;
    if (is_stream(kind)) {
        struct connection way = stream_of(kind - TCP);
        end->fd = way.in;
        if (non_blocking) {
            make_non_blocking(end->fd);
        }
        feed(&end->feeder, way.out, count);
        return;
    }
    end->offset = 0;
    end->fd = pattern_file(count);
    if (kind == MEMORY_FILE) {
        int copy = memory_file();
        int64_t offset = 0;
        CHECK_EQUAL(count > 0 ? sendfile(copy, end->fd, &offset, count) : 0, count);
        CHECK(lseek(copy, 0, SEEK_SET) == 0);
        close(end->fd);
        end->fd = copy;
    }
}

static void open_target(struct end *end, enum kind kind, bool non_blocking) {
    end->kind = kind;
    if (is_stream(kind)) {
        struct connection way = stream_of(kind - TCP);
        end->fd = way.out;
        if (non_blocking) {
            make_non_blocking(end->fd);
        }
        receive(&end->receiver, way.in, 0);
        return;
    }
    static const unsigned char old[OLD_BYTES];
    end->fd = kind == MEMORY_FILE ? memory_file() : empty_file(kind == APPENDED ? O_APPEND : 0);
    end->offset = OLD_BYTES;
    CHECK_EQUAL(write(end->fd, old, sizeof old), sizeof old);
    CHECK(kind != FILE_AT_OFFSET || lseek(end->fd, 7, SEEK_SET) == 7);
}

static void close_source(struct end *end, uint64_t count) {
    if (is_stream(end->kind)) {
        end_feeder(&end->feeder);
    } else {
        CHECK_EQUAL(file_position(end->fd), end->kind == FILE_AT_OFFSET ? 0 : count);
        CHECK_EQUAL(end->offset, end->kind == FILE_AT_OFFSET ? count : 0);
    }
    CHECK(close(end->fd) == 0);
}

static void close_target(struct end *end, uint64_t count) {
    if (is_stream(end->kind)) {
        CHECK_EQUAL(end_of(&end->receiver, end->fd), count);
        return;
    }
    bool is_at_offset = end->kind == FILE_AT_OFFSET;
    CHECK_EQUAL(file_size(end->fd), OLD_BYTES + count);
    check_file(end->fd, OLD_BYTES, count, 0);
    CHECK_EQUAL(file_position(end->fd), is_at_offset ? 7 : OLD_BYTES + count);
    CHECK_EQUAL(end->offset, is_at_offset ? OLD_BYTES + count : OLD_BYTES);
    CHECK(close(end->fd) == 0);
}

static void moves(enum kind from, enum kind to, uint64_t count, bool is_to_end, bool non_blocking) {
    struct end source = {0}, target = {0};
    open_source(&source, from, count, non_blocking);
    open_target(&target, to, non_blocking);
    int in_flags = fcntl(source.fd, F_GETFL), out_flags = fcntl(target.fd, F_GETFL);
    zc_result result = ZC_RESULT_INIT;
    int64_t *in_offset = from == FILE_AT_OFFSET ? &source.offset : NULL;
    int64_t *out_offset = to == FILE_AT_OFFSET ? &target.offset : NULL;
    zc_status status = zc_transfer(source.fd, in_offset, target.fd, out_offset,
                                   is_to_end ? UINT64_MAX : count, NULL, &result);
    if (status != ZC_OK || result.delivered != count) {
        fprintf(stderr, "%s to %s, %llu bytes: %s\n", names[from], names[to],
                (unsigned long long)count, result.message);
    }
    CHECK_EQUAL(status, ZC_OK);
    CHECK_EQUAL(result.end, is_to_end ? ZC_END_SOURCE_ENDED : ZC_END_COMPLETE);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.consumed, count);
    CHECK_EQUAL(result.undelivered_fd, -1);
    CHECK((result.mechanisms != 0) == (count > 0));
    CHECK_EQUAL(strlen(result.message), 0);
    CHECK_EQUAL(fcntl(source.fd, F_GETFL), in_flags);
    CHECK_EQUAL(fcntl(target.fd, F_GETFL), out_flags);
    close_source(&source, count);
    close_target(&target, count);
}

/* A device has neither a size nor an end. */
static void reads_a_device(enum kind to, const char *name) {
    const uint64_t count = 300001;
    int source = open(name, O_RDONLY);
    CHECK(source >= 0);
    struct end target = {.kind = to, .offset = OLD_BYTES};
    target.fd = empty_file(to == APPENDED ? O_APPEND : 0);
    zc_result result = ZC_RESULT_INIT;
    int64_t *offset = to == FILE_AT_OFFSET ? &target.offset : NULL;
    CHECK_EQUAL(zc_transfer(source, NULL, target.fd, offset, count, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(file_size(target.fd), count + (offset != NULL ? OLD_BYTES : 0));
    close(source);
    close(target.fd);
}

int main(void) {
    for (int to = FILE_AT_POSITION; to <= APPENDED; to++) {
        reads_a_device(to, "/dev/zero");
        reads_a_device(to, "/dev/urandom");
    }
    const uint64_t counts[] = {0, 1, 4096, 4097, 65537, (2 << 20) + 1};
    for (int from = 0; from < KINDS; from++) {
        for (int to = 0; from != APPENDED && to < KINDS; to++) {
            for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
                moves(from, to, counts[i], i % 2 == 0, false);
                if (is_stream(from) || is_stream(to)) {
                    moves(from, to, counts[i], i % 2 == 1, true);
                }
            }
        }
    }
    return 0;
}
