/* Reads past the page cache by io_uring, four of 1 MiB at a time, and sends in order. liburing is
 * seldom installed, so these are the system calls themselves: io_uring_setup(2) and
 * io_uring_enter(2). */
#define _GNU_SOURCE
#include "die.h"
#include "methods.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DEPTH = 4, READ_BYTES = 1 << 20, ALIGNMENT = 4096 };

static _Alignas(ALIGNMENT) char buffers[DEPTH][READ_BYTES];

/* The two queues that the process shares with the kernel. */
struct ring {
    int fd;
    unsigned *submission_tail;
    unsigned *submission_array;
    unsigned submission_mask;
    struct io_uring_sqe *submissions;
    unsigned *completion_head;
    unsigned *completion_tail;
    unsigned completion_mask;
    struct io_uring_cqe *completions;
    char *queues;
    size_t queues_bytes;
    size_t submissions_bytes;
};

static void *map_ring(int fd, size_t bytes, off_t what) {
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
    if (memory == MAP_FAILED) {
        die("can't map the ring of io_uring");
    }
    return memory;
}

static struct ring open_ring(void) {
    struct io_uring_params params = {0};
    struct ring ring = {.fd = (int)syscall(SYS_io_uring_setup, DEPTH, &params)};
    if (ring.fd < 0) {
        die("io_uring_setup");
    }
    if ((params.features & IORING_FEAT_SINGLE_MMAP) == 0) {
        errno = ENOSYS;
        die("io_uring before Linux 5.4");
    }
    size_t submission_bytes = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t completion_bytes =
        params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    ring.queues_bytes =
        submission_bytes > completion_bytes ? submission_bytes : completion_bytes;
    ring.submissions_bytes = params.sq_entries * sizeof(struct io_uring_sqe);
    ring.queues = map_ring(ring.fd, ring.queues_bytes, IORING_OFF_SQ_RING);
    ring.submissions = map_ring(ring.fd, ring.submissions_bytes, IORING_OFF_SQES);
    ring.submission_tail = (unsigned *)(void *)(ring.queues + params.sq_off.tail);
    ring.submission_array = (unsigned *)(void *)(ring.queues + params.sq_off.array);
    ring.submission_mask = *(unsigned *)(void *)(ring.queues + params.sq_off.ring_mask);
    ring.completion_head = (unsigned *)(void *)(ring.queues + params.cq_off.head);
    ring.completion_tail = (unsigned *)(void *)(ring.queues + params.cq_off.tail);
    ring.completion_mask = *(unsigned *)(void *)(ring.queues + params.cq_off.ring_mask);
    ring.completions = (struct io_uring_cqe *)(void *)(ring.queues + params.cq_off.cqes);
    return ring;
}

static void close_ring(struct ring *ring) {
    munmap(ring->submissions, ring->submissions_bytes);
    munmap(ring->queues, ring->queues_bytes);
    close(ring->fd);
}

static void enter(const struct ring *ring, unsigned submit, unsigned await) {
    if (syscall(SYS_io_uring_enter, ring->fd, submit, await, IORING_ENTER_GETEVENTS, NULL, 0) < 0) {
        die("io_uring_enter");
    }
}

/* Whole blocks also at the end of the file, where the kernel returns what there is. */
static void start_read(const struct ring *ring, int file, int64_t piece) {
    unsigned tail = *ring->submission_tail;
    unsigned index = tail & ring->submission_mask;
    ring->submissions[index] = (struct io_uring_sqe){
        .opcode = IORING_OP_READ,
        .fd = file,
        .off = (uint64_t)piece * READ_BYTES,
        .addr = (uint64_t)(uintptr_t)buffers[piece % DEPTH],
        .len = READ_BYTES,
        .user_data = (uint64_t)piece,
    };
    ring->submission_array[index] = index;
    __atomic_store_n(ring->submission_tail, tail + 1, __ATOMIC_RELEASE);
    enter(ring, 1, 0);
}

/* Reads end in any order: results keeps the lengths of those that came before their turn, which are
 * fewer than DEPTH. */
static size_t await_read(const struct ring *ring, int results[DEPTH], int64_t piece) {
    while (results[piece % DEPTH] < 0) {
        unsigned head = *ring->completion_head;
        if (head == __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE)) {
            enter(ring, 0, 1);
            continue;
        }
        const struct io_uring_cqe *completion = &ring->completions[head & ring->completion_mask];
        if (completion->res <= 0) {
            errno = completion->res < 0 ? -completion->res : EIO;
            die("an O_DIRECT read");
        }
        results[completion->user_data % DEPTH] = completion->res;
        __atomic_store_n(ring->completion_head, head + 1, __ATOMIC_RELEASE);
    }
    size_t read = (size_t)results[piece % DEPTH];
    results[piece % DEPTH] = -1;
    return read;
}

static int reopen_direct(int file) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int direct = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (direct < 0) {
        die("can't open the file with O_DIRECT");
    }
    return direct;
}

void by_direct_io(const struct end *source, const struct end *target, int64_t bytes) {
    int file = reopen_direct(source->fd);
    struct ring ring = open_ring();
    int results[DEPTH];
    int64_t pieces = (bytes + READ_BYTES - 1) / READ_BYTES;
    for (int64_t piece = 0; piece < DEPTH; piece++) {
        results[piece] = -1;
        if (piece < pieces) {
            start_read(&ring, file, piece);
        }
    }
    for (int64_t piece = 0; piece < pieces; piece++) {
        int64_t left = bytes - piece * READ_BYTES;
        size_t expected = left < READ_BYTES ? (size_t)left : READ_BYTES;
        if (await_read(&ring, results, piece) < expected) {
            errno = EIO;
            die("a short O_DIRECT read");
        }
        send_all(target->fd, buffers[piece % DEPTH], expected);
        if (piece + DEPTH < pieces) {
            start_read(&ring, file, piece + DEPTH);
        }
    }
    close_ring(&ring);
    close(file);
}
