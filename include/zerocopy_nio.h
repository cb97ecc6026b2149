/*
 * zerocopy-nio: moves bytes between files, sockets and pipes without copying them through user
 * space.
 *
 * The contract of every function here:
 *
 * - The return value is the status; 0, ZC_OK, is success. zc_status_message() puts it into words.
 * - The result is written whatever the status: how many bytes were delivered before an error,
 *   which call failed with which errno, and what went wrong in words. Two statuses leave it alone:
 *   ZC_NULL_ARGUMENT, as there is none to write to, and ZC_PANIC. So does a struct whose size is
 *   too small. Initialize it by ZC_RESULT_INIT, and nothing in it is ever undefined.
 * - Bytes that were taken from a source and could not be delivered are not lost. They stay
 *   readable from result.undelivered_fd, a pipe or a file in memory that the caller closes, or it
 *   is -1. A relay that is cut has nobody to give them to: its result says how many they were.
 * - A pointer that must not be NULL is checked. What else a pointer points to is the caller's
 *   duty.
 * - A struct starts with its size, so that later versions can add members at its end. A program
 *   that was compiled with an older header works with a newer library, and keeps its meaning.
 * - What a function named _new returns is given back to the one named _free, once.
 * - A descriptor that is passed stays the caller's, who keeps it open during the call and closes
 *   it. Only zc_relay_start takes its two, when it returns ZC_OK.
 * - File status flags, socket options and the signal mask are as before after each call, but for
 *   SO_ZEROCOPY while a zc_sender lives, and O_NONBLOCK and at the end SO_LINGER of sockets that a
 *   zc_engine has taken. A descriptor may be in blocking or in non-blocking mode; zc_transfer waits
 *   itself, and zc_pump_step says what to wait for.
 * - SIGPIPE is not raised: a peer that is gone is EPIPE, whatever is done with the signal. No
 *   panic of the library crosses into the caller. errno is neither used nor kept.
 * - Everything is safe in the child after fork(), and thread-safe unless it says otherwise: a
 *   zc_sender, a zc_pump and a zc_engine of the parent's are not the child's. Nothing is safe in a
 *   signal handler. After fork() the child uses no pipe of its parent's.
 * - Pipes that splice(2) needs between two sockets, or a socket and a file, are kept for the next
 *   transfer, and closed when they have lain unused for 5 seconds, by a thread with all signals
 *   blocked that exists only as long as there are such pipes. The library has no other threads but
 *   those of a zc_engine.
 * - The environment variable ZEROCOPY_NIO_DISABLE forbids mechanisms to the whole process: names
 *   such as "sendfile" with commas between them, or "all" for all but the copy. It is read once,
 *   by the first transfer, sender or relay.
 *
 * A whole program, `cat` for one file:
 *
 *     #include <fcntl.h>
 *     #include <stdio.h>
 *     #include <string.h>
 *     #include <unistd.h>
 *     #include <zerocopy_nio.h>
 *
 *     int main(int argc, char **argv) {
 *         int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
 *         zc_result result = ZC_RESULT_INIT;
 *         zc_status status =
 *             zc_transfer(file, NULL, STDOUT_FILENO, NULL, UINT64_MAX, NULL, &result);
 *         if (status == ZC_SYSTEM) {
 *             fprintf(stderr, "%s: %s\n", result.call, strerror(result.error_number));
 *         } else if (status != ZC_OK) {
 *             fprintf(stderr, "%s\n", zc_status_message(status));
 *         }
 *         return status == ZC_OK ? 0 : 1;
 *     }
 */

#ifndef ZEROCOPY_NIO_H
#define ZEROCOPY_NIO_H

/* Generated from native/capi by tests/rust/header.rs: change it there. */

#include <stddef.h>
#include <stdint.h>

/** The default: all mechanisms, and nothing that ends a transfer before its time. */
#define ZC_OPTIONS_INIT \
    {sizeof(zc_options), 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, NULL, 0, NULL, 0, NULL, NULL}

/** The default: 4 MiB in flight, zero-copy from 16 KiB on. */
#define ZC_SENDER_OPTIONS_INIT {sizeof(zc_sender_options), 0, 0, 0, 0}

/** The default: one thread, and results wait for zc_engine_completed(). */
#define ZC_ENGINE_OPTIONS_INIT \
    {sizeof(zc_engine_options), 0, 0, 0, NULL, NULL}

/** The default: all mechanisms, nothing to be sent first, and nothing that ends a relay. */
#define ZC_RELAY_OPTIONS_INIT \
    {sizeof(zc_relay_options), 0, 0, NULL, 0, NULL, 0, 0, 0, 0, NULL}

/** A result of nothing, for the caller to pass: `zc_result result = ZC_RESULT_INIT;` */
#define ZC_RESULT_INIT \
    {sizeof(zc_result), 0, 0, ZC_END_NONE, 0, NULL, 0, 0, 0, -1, 0, 0, -1, 0, 0, 0, 0, ""}

/** The version of this header: major * 1000000 + minor * 1000 + patch. */
#define ZC_VERSION 1000
#define ZC_VERSION_MAJOR 0
#define ZC_VERSION_MINOR 1
#define ZC_VERSION_PATCH 0

/**
 * In `zc_options.flags`: the peer sees the bytes as they were when they were taken from the
 * source, also where the file is changed meanwhile. They are copied.
 */
#define ZC_FLAG_STABLE 1

/**
 * In `zc_options.direct_io`, the default: a file is read past the page cache where it is not in
 * it, is larger than 64 MiB, and its device reads ahead less than 1 MiB.
 */
#define ZC_DIRECT_IO_AUTO 0

/**
 * In `zc_options.direct_io`: never.
 */
#define ZC_DIRECT_IO_NEVER 1

/**
 * In `zc_options.direct_io`: where more than `direct_io_bytes` are asked for.
 */
#define ZC_DIRECT_IO_ABOVE 2

/**
 * sendfile(2), in `zc_options.mechanisms` and `zc_result`.
 */
#define ZC_MECHANISM_SENDFILE 1

/**
 * splice(2), through a pipe of the library's where neither end is one.
 */
#define ZC_MECHANISM_SPLICE 2

/**
 * copy_file_range(2), which shares the blocks where the file system can.
 */
#define ZC_MECHANISM_COPY_FILE_RANGE 4

/**
 * send(2) with MSG_ZEROCOPY: never used by a transfer.
 */
#define ZC_MECHANISM_MSG_ZEROCOPY 8

/**
 * mmap(2), then send(2) or write(2) of the mapping: one copy, made by the kernel.
 */
#define ZC_MECHANISM_MAPPED 16

/**
 * Reads past the page cache by io_uring(7), then send(2) or write(2).
 */
#define ZC_MECHANISM_DIRECT_IO 32

/**
 * read(2), then write(2), or their likes, through a reused buffer.
 */
#define ZC_MECHANISM_COPY 64

/**
 * The bytes of `zc_result.message`, its end included.
 */
#define ZC_MESSAGE_BYTES 128

/**
 * The part was shorter than the threshold.
 */
#define ZC_COPIED_SMALL 1

/**
 * The kernel reported that it copied although it was asked not to: loopback, a network device
 * without scatter-gather, a packet socket that listens.
 */
#define ZC_COPIED_BY_KERNEL 2

/**
 * It had reported that before, and zero-copy is not tried again yet.
 */
#define ZC_COPIED_BACKED_OFF 4

/**
 * ENOBUFS: RLIMIT_MEMLOCK or net.core.optmem_max was reached.
 */
#define ZC_COPIED_NO_BUFFERS 8

/**
 * The socket has no MSG_ZEROCOPY: see `zc_sender_state.refusal_error_number`.
 */
#define ZC_COPIED_UNSUPPORTED 16

/**
 * It is forbidden by an option or by `ZEROCOPY_NIO_DISABLE`.
 */
#define ZC_COPIED_DISABLED 32

/**
 * How a call ended. 0 is success; a number never changes its meaning.
 */
enum zc_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * It ran to its end; `zc_result.end` says which.
     */
    ZC_OK = 0,
    /**
     * A system call failed: see `zc_result.error_number` and `zc_result.call`.
     */
    ZC_SYSTEM = 1,
    /**
     * A pointer that must not be NULL was NULL.
     */
    ZC_NULL_ARGUMENT = 2,
    /**
     * An argument is out of its range, and `zc_result.message` says which and why: a negative
     * descriptor or offset, an offset for what is not a file, a transfer into itself, a struct
     * whose `size` is that of no version.
     */
    ZC_INVALID_ARGUMENT = 3,
    /**
     * No mechanism that may be used can move bytes between these descriptors. Of a `zc_engine` also:
     * it is being freed, or is that of the parent of this process.
     */
    ZC_UNSUPPORTED = 4,
    /**
     * A defect of the library. Nothing more is known of the transfer; please report it.
     */
    ZC_PANIC = 5,
    /**
     * `zc_options.timeout_ms` passed.
     */
    ZC_TIMED_OUT = 6,
    /**
     * Nothing moved for `zc_options.idle_timeout_ms`.
     */
    ZC_IDLE_TIMED_OUT = 7,
    /**
     * The descriptor `zc_options.cancel_fd` became readable, or `zc_pump_cancel` was called
     * before.
     */
    ZC_CANCELLED = 8,
    /**
     * `zc_sender_send`: the bound on bytes in flight is reached, and nothing was taken.
     */
    ZC_FULL = 16,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum zc_status zc_status;
#else
typedef int32_t zc_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How one direction of a relay has ended. One that was cut off, by a time-out or by being closed, has
 * ended its target like `zc_relay_close` does.
 */
enum zc_relay_end
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The source has ended its stream, every byte was delivered, and the target was told of the end.
     */
    ZC_RELAY_ENDED = 0,
    /**
     * The source has failed: see `error_number`. As a rule its peer has reset the connection, and the
     * other one's is then reset as well.
     */
    ZC_RELAY_SOURCE_FAILED = 1,
    /**
     * The target takes nothing any more: see `error_number`. As a rule its peer is gone.
     */
    ZC_RELAY_TARGET_FAILED = 2,
    /**
     * Nothing has moved in either direction for `zc_relay_options.idle_timeout_ms`.
     */
    ZC_RELAY_IDLE_TIMED_OUT = 3,
    /**
     * `zc_relay_options.timeout_ms` passed.
     */
    ZC_RELAY_TIMED_OUT = 4,
    /**
     * `zc_relay_close` or `zc_engine_free` was called.
     */
    ZC_RELAY_CLOSED = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum zc_relay_end zc_relay_end;
#else
typedef int32_t zc_relay_end;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a transfer ended, or a step of a pump, whose status is `ZC_OK`.
 */
enum zc_end
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Every byte that was asked for was delivered.
     */
    ZC_END_COMPLETE = 0,
    /**
     * The source ended first; every byte it had was delivered.
     */
    ZC_END_SOURCE_ENDED = 1,
    /**
     * It did not come to an end: the status is not `ZC_OK`.
     */
    ZC_END_NONE = 2,
    /**
     * A pump: there is nothing to read now. Step again when `zc_result.wait_fd` is readable.
     */
    ZC_END_WAIT_SOURCE = 3,
    /**
     * A pump: the target takes nothing now. Step again when `zc_result.wait_fd` is writable.
     */
    ZC_END_WAIT_TARGET = 4,
    /**
     * A pump: `bytes_per_second` is reached. Step again after `zc_result.wait_ns`.
     */
    ZC_END_PAUSE = 5,
    /**
     * A pump: the step has moved `step_bytes`, and there may be more. Step again when the others
     * on this thread had their turn.
     */
    ZC_END_BUDGET = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum zc_end zc_end;
#else
typedef int32_t zc_end;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a message ended.
 */
enum zc_sent
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The kernel has taken all of it, and its memory is free.
     */
    ZC_SENT_WHOLE = 0,
    /**
     * The rest of it could not be sent: see `error_number`. Its memory is free. After a part of a
     * message, nothing more is sent on a stream: messages after it end in the same way.
     */
    ZC_SENT_FAILED = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum zc_sent zc_sent;
#else
typedef int32_t zc_sent;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Threads that relay between very many pairs of sockets: start relays with `zc_relay_start`, and hear
 * of each that is over by `on_relay_ended`, or by polling `zc_engine_fd` and `zc_engine_completed`.
 *
 * Thread-safe, but for `zc_engine_free`. Not to be used in a child after fork(), which has none of the
 * threads: there each function returns `ZC_UNSUPPORTED`, and `zc_engine_free` frees what it can.
 */
typedef struct zc_engine zc_engine;

/**
 * A transfer that never blocks and is stepped by an event loop, which does the waiting.
 *
 * For one thread at a time, not always the same one. In a child after fork() a pump of the parent
 * must be neither stepped nor freed.
 */
typedef struct zc_pump zc_pump;

/**
 * Sends from the caller's memory by MSG_ZEROCOPY. Thread-safe, but for `zc_sender_free`. Not to be
 * used in a child after fork(): parent and child would take each other's completions.
 */
typedef struct zc_sender zc_sender;

/**
 * What one direction of a relay has done. The size of this struct does not change.
 */
typedef struct {
    /**
     * Bytes that the target has accepted, those of the preface included.
     */
    uint64_t delivered;
    /**
     * Bytes that were taken from the source, and those of the preface: above `delivered` by what is
     * lost.
     */
    uint64_t consumed;
    /**
     * How it has ended.
     */
    zc_relay_end end;
    /**
     * The `errno` of the call that failed, or 0.
     */
    int error_number;
    /**
     * The name of the call that failed, for example "splice"; NULL if none did. Valid for ever.
     */
    const char *call;
    /**
     * The mechanisms that moved at least one byte: a sum of `ZC_MECHANISM_*`.
     */
    uint32_t mechanisms;
    /**
     * The last mechanism that could not serve and was left for another, as a `ZC_MECHANISM_*`; 0 if
     * none was.
     */
    uint32_t fallback_mechanism;
    /**
     * The `errno` that was the cause of that, or 0.
     */
    int fallback_error_number;
    /**
     * How many times a mechanism was left for another, each cause counted once.
     */
    uint32_t fallback_count;
} zc_relay_flow;

/**
 * How a relay has ended. The size of this struct does not change: it stands in arrays.
 */
typedef struct {
    /**
     * The number that `zc_relay_start` gave.
     */
    uint64_t id;
    /**
     * `zc_relay_options.user_data`.
     */
    void *user_data;
    /**
     * The direction from `a_fd` to `b_fd`.
     */
    zc_relay_flow a_to_b;
    /**
     * The direction from `b_fd` to `a_fd`.
     */
    zc_relay_flow b_to_a;
    /**
     * How long it has lasted, in nanoseconds.
     */
    uint64_t elapsed_ns;
    /**
     * Always 0 in this version.
     */
    uint64_t reserved[3];
} zc_relay_result;

/**
 * Is told, on a thread of the engine's, that a relay is over. Its sockets are closed. `result` is
 * valid until it returns, and `context` is that of the options.
 *
 * May be called by it, for this engine or another one: `zc_relay_start`, `zc_relay_close`,
 * `zc_relay_delivered`, and all of this header that has nothing to do with engines. Not to be
 * called: `zc_engine_free` of this engine, which refuses that.
 *
 * It must not block, as all relays of the thread wait for it. An engine with several threads calls
 * it on each, also at the same time for different relays. All signals are masked on these threads,
 * which it leaves so; their stacks have 256 KiB. It must come back: neither longjmp(3), nor an exception, nor pthread_exit(3)
 * may leave it; that is undefined.
 */
typedef void (*zc_relay_ended)(void *context, const zc_relay_result *result);

/**
 * What an engine is made like. NULL stands for `ZC_ENGINE_OPTIONS_INIT`, of which every member but
 * `size` is 0.
 */
typedef struct {
    /**
     * `sizeof(zc_engine_options)`, so that it can grow. `ZC_ENGINE_OPTIONS_INIT` sets it.
     */
    size_t size;
    /**
     * How many threads the relays share, 1 to 256; 0 for the default, 1. A relay stays on one.
     */
    uint32_t threads;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * The most that a relay moves each way before it is the turn of another one; 0 for the default,
     * 2 MiB.
     */
    uint64_t turn_bytes;
    /**
     * Whom to tell of each relay that is over. NULL: the results wait for `zc_engine_completed`.
     */
    zc_relay_ended on_relay_ended;
    /**
     * The first argument of `on_relay_ended`.
     */
    void *relay_ended_context;
} zc_engine_options;

/**
 * What a transfer did. Written whatever the status, unless the status is
 * `ZC_NULL_ARGUMENT` or `ZC_PANIC`.
 */
typedef struct {
    /**
     * `sizeof(zc_result)`, set by the caller, so that it can grow. `ZC_RESULT_INIT` sets it. Of a
     * program that was compiled with an older header only the members that it knows are written.
     */
    size_t size;
    /**
     * Bytes of the source that the target has accepted. A header and a trailer are not counted.
     */
    uint64_t delivered;
    /**
     * Bytes that were taken from the source: above `delivered` by what could not be delivered. A
     * file is read at an offset, which can be repeated, so for it both are always equal.
     */
    uint64_t consumed;
    /**
     * How it ended.
     */
    zc_end end;
    /**
     * The `errno` of the call that failed, or 0.
     */
    int error_number;
    /**
     * The name of the call that failed, for example "sendfile"; NULL if none did. Valid for ever.
     */
    const char *call;
    /**
     * The mechanisms that moved at least one byte: a sum of `ZC_MECHANISM_*`.
     */
    uint32_t mechanisms;
    /**
     * The last mechanism that could not serve these descriptors and was left for another, as a
     * `ZC_MECHANISM_*`; 0 if none was.
     */
    uint32_t fallback_mechanism;
    /**
     * The `errno` that was the cause of that, or 0.
     */
    int fallback_error_number;
    /**
     * A descriptor from which what was consumed and not delivered can be read to its end, the
     * oldest byte first, for the caller to close: a pipe or a file in memory. -1 where there is
     * nothing, as always for a file source, and for `zc_pump_step`, where it stays with the pump.
     */
    int undelivered_fd;
    /**
     * System calls made to move the bytes.
     */
    uint64_t system_calls;
    /**
     * How long it took, in nanoseconds; for a pump, since `zc_pump_new`.
     */
    uint64_t elapsed_ns;
    /**
     * The descriptor to wait for: `in_fd` with `ZC_END_WAIT_SOURCE`, `out_fd` with
     * `ZC_END_WAIT_TARGET`, else -1.
     */
    int wait_fd;
    /**
     * What to wait for: POLLIN or POLLOUT of poll(2), which are EPOLLIN and EPOLLOUT of epoll(7)
     * as well; else 0.
     */
    uint32_t wait_events;
    /**
     * With `ZC_END_PAUSE`, how long to wait, in nanoseconds. With `ZC_END_WAIT_*`, after how long
     * the next time-out of the options passes, so that a step is due in any case; 0 where there is
     * none.
     */
    uint64_t wait_ns;
    /**
     * How many mechanisms were left for another; `fallback_mechanism` is the last of them.
     */
    uint32_t fallback_count;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * What went wrong, in English, for a status that is not `ZC_OK`; else empty.
     */
    char message[ZC_MESSAGE_BYTES];
} zc_result;

/**
 * What a relay may do. NULL stands for `ZC_RELAY_OPTIONS_INIT`, of which every member but `size` is
 * 0.
 */
typedef struct {
    /**
     * `sizeof(zc_relay_options)`, so that it can grow. `ZC_RELAY_OPTIONS_INIT` sets it.
     */
    size_t size;
    /**
     * The mechanisms that may be used: a sum of `ZC_MECHANISM_*`, of which ZC_MECHANISM_SPLICE and
     * ZC_MECHANISM_COPY serve sockets; 0 means all.
     */
    uint32_t mechanisms;
    /**
     * 0.
     */
    uint32_t reserved;
    /**
     * Bytes to be sent to `b_fd` before those that come from `a_fd`: what the caller has read from
     * there already. They are copied before the call returns. NULL with `preface_to_b_bytes` 0.
     */
    const void *preface_to_b;
    /**
     * How many bytes `preface_to_b` has.
     */
    size_t preface_to_b_bytes;
    /**
     * The same the other way.
     */
    const void *preface_to_a;
    /**
     * How many bytes `preface_to_a` has.
     */
    size_t preface_to_a_bytes;
    /**
     * How long nothing may move in either direction, in milliseconds; 0 for no limit. Then both end
     * with `ZC_RELAY_IDLE_TIMED_OUT`.
     */
    uint64_t idle_timeout_ms;
    /**
     * How long the relay may last, in milliseconds; 0 for no limit. Then what has not ended ends with
     * `ZC_RELAY_TIMED_OUT`.
     */
    uint64_t timeout_ms;
    /**
     * The most that is moved each way in a second, on average; 0 for no limit.
     */
    uint64_t bytes_per_second;
    /**
     * Comes back in the result; nothing is done with it.
     */
    void *user_data;
} zc_relay_options;

/**
 * Is told of progress: how many bytes were delivered until now, and how many were taken from the
 * source. It must come back: neither longjmp(3) nor an exception may leave it. SIGPIPE is blocked
 * while it runs, and one that it causes itself is taken with those of the transfer.
 */
typedef void (*zc_progress)(void *context, uint64_t delivered, uint64_t consumed);

/**
 * What a transfer may do. NULL stands for `ZC_OPTIONS_INIT`, of which every member but `size` and
 * `cancel_fd` is 0; a struct that is 0 but for its `size` asks for the same.
 */
typedef struct {
    /**
     * `sizeof(zc_options)`, so that it can grow. `ZC_OPTIONS_INIT` sets it. Of a program that was
     * compiled with an older header only the members that it knows are read.
     */
    size_t size;
    /**
     * The mechanisms that may be used: a sum of `ZC_MECHANISM_*`; 0 means all.
     */
    uint32_t mechanisms;
    /**
     * A sum of `ZC_FLAG_*`.
     */
    uint32_t flags;
    /**
     * How long the whole transfer may take, in milliseconds; 0 for no limit. Then the status is
     * `ZC_TIMED_OUT`.
     */
    uint64_t timeout_ms;
    /**
     * How long nothing may move, in milliseconds; 0 for no limit. Then the status is
     * `ZC_IDLE_TIMED_OUT`.
     */
    uint64_t idle_timeout_ms;
    /**
     * A descriptor, an eventfd(2) for example, that becomes readable to cancel the transfer.
     * Nothing is read from it, so one can cancel many. None where it is 0 or negative: for
     * descriptor 0 pass a duplicate of it.
     */
    int cancel_fd;
    /**
     * When a file is read past the page cache: `ZC_DIRECT_IO_*`.
     */
    uint32_t direct_io;
    /**
     * With `ZC_DIRECT_IO_ABOVE`, the most bytes that are still read through the page cache; else
     * 0.
     */
    uint64_t direct_io_bytes;
    /**
     * The most that is moved in a second, on average; 0 for no limit.
     */
    uint64_t bytes_per_second;
    /**
     * The most that is moved by a system call; 0 for no limit.
     */
    uint64_t chunk_bytes;
    /**
     * `zc_pump_step`: the most that is moved by a step; 0 for the default, 2 MiB.
     */
    uint64_t step_bytes;
    /**
     * Bytes to be sent before those of the source, in the same segment where that can be. They are
     * copied before the call returns. NULL with `header_bytes` 0.
     */
    const void *header;
    /**
     * How many bytes `header` has.
     */
    size_t header_bytes;
    /**
     * Bytes to be sent behind those of the source, where all that were asked for were delivered:
     * not behind a source that ended early, unless `count` is UINT64_MAX. NULL with
     * `trailer_bytes` 0.
     */
    const void *trailer;
    /**
     * How many bytes `trailer` has.
     */
    size_t trailer_bytes;
    /**
     * Called at most ten times a second while bytes move, and once at the end, on the thread that
     * has called `zc_transfer` or `zc_pump_step`, before that returns. NULL for nobody.
     */
    zc_progress on_progress;
    /**
     * The first argument of `on_progress`.
     */
    void *progress_context;
} zc_options;

/**
 * What a sender may do. NULL stands for `ZC_SENDER_OPTIONS_INIT`.
 */
typedef struct {
    /**
     * `sizeof(zc_sender_options)`, so that it can grow. `ZC_SENDER_OPTIONS_INIT` sets it.
     */
    size_t size;
    /**
     * The bound on bytes in flight; 0 for the default, 4 MiB. A single message may be larger.
     */
    size_t in_flight_bytes_max;
    /**
     * Shorter parts are copied, as that costs less; 0 for the default, 16 KiB.
     */
    size_t threshold_bytes;
    /**
     * How many zero-copy sends the socket has made before: 0 unless it had a sender already, whose
     * `zc_sender_state.next_id` it then is.
     */
    uint32_t first_id;
    /**
     * 1 forbids MSG_ZEROCOPY: everything is copied. Else 0.
     */
    uint32_t copy_only;
} zc_sender_options;

/**
 * What became of one message. The size of this struct does not change: it stands in arrays.
 */
typedef struct {
    /**
     * The number that `zc_sender_send` gave.
     */
    uint64_t id;
    /**
     * The bytes that the kernel took.
     */
    uint64_t bytes;
    /**
     * Those of them that were sent without a copy.
     */
    uint64_t zero_copy_bytes;
    /**
     * Whether the kernel copied any of them, whatever the reason: 0 or 1.
     */
    uint32_t copied;
    /**
     * Why, as a sum of `ZC_COPIED_*`.
     */
    uint32_t copied_causes;
    /**
     * How it ended.
     */
    zc_sent sent;
    /**
     * The `errno` of the send that failed, or 0.
     */
    int error_number;
    /**
     * Always 0 in this version.
     */
    uint64_t reserved[2];
} zc_completion;

/**
 * How a sender stands.
 */
typedef struct {
    /**
     * `sizeof(zc_sender_state)`, set by the caller, so that it can grow.
     */
    size_t size;
    /**
     * Bytes that were given to the sender and are neither copied by the kernel nor completed.
     */
    uint64_t bytes_in_flight;
    /**
     * Those of them that the kernel has not taken yet.
     */
    uint64_t bytes_unsent;
    /**
     * The number that the kernel gives to the next zero-copy send.
     */
    uint32_t next_id;
    /**
     * Whether zero-copy is paused or impossible: 0 or 1.
     */
    uint32_t is_copying;
    /**
     * What the system said when it refused MSG_ZEROCOPY for this socket, or 0.
     */
    int refusal_error_number;
    /**
     * The `errno` of the last call here that returned `ZC_SYSTEM`, or 0.
     */
    int error_number;
} zc_sender_state;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library as text, for example "0.1.0". Valid for ever; never NULL.
 *
 * The header's own version is `ZC_VERSION`. Thread-safe; does not block.
 */
const char *zc_version(void);

/**
 * What a status means, in English. Valid for ever; never NULL, also for an unknown number.
 *
 * For `ZC_SYSTEM` the details are in the result: `error_number` and `call`. Thread-safe; does not
 * block.
 *
 * @param status any number; a `zc_status` as an int, so that an unknown one is not undefined.
 */
const char *zc_status_message(int32_t status);

/**
 * Says whether a mechanism can be used in this process, and if not, why not: "splice: Operation
 * not permitted (errno 1): blocked by seccomp?".
 *
 * It is tried for real, on files and pipes of the library's own, each time. One that can be used
 * need not serve every pair of descriptors. Thread-safe.
 *
 * @param mechanism   one `ZC_MECHANISM_*`.
 * @param cause       where the cause goes, in English, cut where it does not fit; always ended by
 *                    NUL, and empty where there is none. NULL where nobody wants to know.
 * @param cause_bytes the room there, at least 1; 256 are enough.
 * @return `ZC_OK` where it can be used, `ZC_UNSUPPORTED` where it can't, `ZC_INVALID_ARGUMENT` for
 *         a mechanism that this version does not have, or for more than one.
 *
 * # Safety
 *
 * `cause` is NULL, or has the room that is said and is used by nobody else during the call.
 */
zc_status zc_capabilities(uint32_t mechanism, char *cause, size_t cause_bytes);

/**
 * Makes an engine, whose threads have nothing to do yet.
 *
 * Its threads have all signals masked. It has two descriptors for each of them, and `zc_engine_fd`,
 * all with O_CLOEXEC. Free it before the library is unloaded with dlclose(3).
 *
 * @param options NULL for the default: one thread, and results wait for `zc_engine_completed`.
 * @param result  not NULL, `size` set: says what was wrong.
 * @param engine  not NULL; where the engine goes, or NULL where the status is not `ZC_OK`.
 * @return `ZC_OK`; `ZC_SYSTEM` with EMFILE, ENFILE, ENOMEM or EAGAIN where no descriptor or no thread
 *         is to be had; `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call.
 */
zc_status zc_engine_new(const zc_engine_options *options,
                        zc_result *result,
                        zc_engine **engine);

/**
 * Ends all relays at once, as `zc_relay_close` does, waits for the threads, and frees the engine.
 *
 * It blocks until the callbacks have returned, of which there is one more for each relay; what they
 * start now is refused with `ZC_UNSUPPORTED`, or ends at once. Results that wait for
 * `zc_engine_completed` are lost: who needs them closes his relays and takes them first.
 *
 * In a child after fork() it frees the memory that is the child's own, and waits for nothing. The
 * copies of the engine's descriptors, and those of the sockets, stay open there until exec, where
 * they were opened with O_CLOEXEC, or the end of the child; only then do their peers see an end.
 *
 * @param engine what `zc_engine_new` gave, or NULL, which does nothing.
 * @return `ZC_OK`; `ZC_INVALID_ARGUMENT` where it is called by `on_relay_ended` of this engine, which
 *         would wait for itself: nothing is done then, and the engine goes on.
 *
 * # Safety
 *
 * `engine` is NULL, or live and used by no other thread.
 */
zc_status zc_engine_free(zc_engine *engine);

/**
 * Starts a relay: what comes from `a_fd` goes to `b_fd`, and the other way, until both have ended.
 *
 * It takes both descriptors when it returns `ZC_OK`, and neither else: from then on the engine alone
 * uses them, and closes them when the relay is over. They are put into non-blocking mode, for all who
 * have duplicates of them as well, and stay in it; those must neither read, write, nor change the
 * mode. SO_LINGER is switched off at the end where the program has set it, as close(2) would wait for
 * the peer, or set to 0 seconds for a reset. Does not block; the first bytes move on the thread of the
 * engine.
 *
 * The end of a stream is passed on behind its last byte, and the other direction goes on. A reset is
 * passed on as a reset. When the relay is over, `on_relay_ended` is called or its result waits for
 * `zc_engine_completed`, once for each relay, and perhaps before this returns on another thread:
 * `user_data` tells which one it is. A relay that rests has two descriptors, no pipe, and less than
 * 4 KiB of memory.
 *
 * @param engine   what `zc_engine_new` gave.
 * @param a_fd     a connected stream socket, TCP or UNIX.
 * @param b_fd     another one, of the same kind or not; not a duplicate of `a_fd`.
 * @param options  NULL for the default. Copied, the prefaces too. The time-outs begin now.
 * @param relay_id where the number of the relay goes, at least 1 and used once in the life of an
 *                 engine. 0 goes there unless `ZC_OK` is returned. NULL where nobody wants it.
 * @param result   not NULL, `size` set: says what was wrong.
 * @return `ZC_OK`; `ZC_SYSTEM` with EBADF, ENOTSOCK, or ENOTCONN for a socket that listens or is not
 *         connected yet; `ZC_UNSUPPORTED` for datagram sockets, where `mechanisms` leaves none that
 *         serves, in a child after fork(), and by an engine that is being freed;
 *         `ZC_INVALID_ARGUMENT`, also where both are the same descriptor; `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value; all but `engine` are used by nobody else during the
 * call.
 */
zc_status zc_relay_start(zc_engine *engine,
                         int a_fd,
                         int b_fd,
                         const zc_relay_options *options,
                         uint64_t *relay_id,
                         zc_result *result);

/**
 * Ends a relay at once: both sockets are closed, and what was taken and not delivered is lost. A peer
 * that misses that, or bytes that had come and were not taken, sees a reset; one that has got
 * everything that was sent sees the end, and so does the peer of a UNIX socket, which has no reset. The
 * time-outs of `zc_relay_options` and `zc_engine_free` end a relay in the same way.
 *
 * Does not block: the thread of the engine does it next, and the result comes like that of any relay,
 * with `ZC_RELAY_CLOSED` for what had not ended. One that is over already is left as it is.
 *
 * @param engine   what `zc_engine_new` gave.
 * @param relay_id what `zc_relay_start` gave; the number of a relay that is over does nothing.
 * @return `ZC_OK`, `ZC_NULL_ARGUMENT`; `ZC_UNSUPPORTED` in a child after fork().
 *
 * # Safety
 *
 * `engine` is NULL or live.
 */
zc_status zc_relay_close(zc_engine *engine,
                         uint64_t relay_id);

/**
 * How many bytes a relay has delivered each way until now, those of the prefaces included. Each count
 * is exact; they are not of the same moment. Does not block.
 *
 * @param engine   what `zc_engine_new` gave.
 * @param relay_id what `zc_relay_start` gave.
 * @param a_to_b   where the bytes that `b_fd` has accepted go. Not NULL.
 * @param b_to_a   where the bytes that `a_fd` has accepted go. Not NULL.
 * @return `ZC_OK`; `ZC_INVALID_ARGUMENT` where there is no such relay, or its result was taken or given
 *         to `on_relay_ended`; `ZC_NULL_ARGUMENT`; `ZC_UNSUPPORTED` in a child after fork(). The counts
 *         are 0 where it is not `ZC_OK`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value; all but `engine` are used by nobody else during the
 * call.
 */
zc_status zc_relay_delivered(zc_engine *engine,
                             uint64_t relay_id,
                             uint64_t *a_to_b,
                             uint64_t *b_to_a);

/**
 * What to wait for with poll(2) or epoll(7): it is readable while results wait for
 * `zc_engine_completed`. Nothing is to be read from it.
 *
 * It is valid until `zc_engine_free`; not to be closed. With `on_relay_ended` it is never readable. -1
 * for NULL, and in a child after fork().
 *
 * # Safety
 *
 * `engine` is NULL or live.
 */
int zc_engine_fd(zc_engine *engine);

/**
 * Takes the results of relays that are over, the oldest first. Never blocks.
 *
 * Each result is taken once, by whichever thread comes first. With `on_relay_ended` there are none.
 *
 * @param engine    what `zc_engine_new` gave.
 * @param results   where they go. Not NULL, need not be initialized.
 * @param count_max how many have room there, at least 1. As many as that may mean that there are more.
 * @param count     where the number goes of those that were written. Not NULL.
 * @return `ZC_OK`, also where there are none; `ZC_NULL_ARGUMENT`; `ZC_UNSUPPORTED` in a child after
 *         fork().
 *
 * # Safety
 *
 * `engine` is live, `results` has room and is used by nobody else, and `count` may be written.
 */
zc_status zc_engine_completed(zc_engine *engine,
                              zc_relay_result *results,
                              size_t count_max,
                              size_t *count);

/**
 * Makes a pump that moves `count` bytes from `in_fd` to `out_fd`, of which nothing is moved yet.
 *
 * What `zc_transfer` says of its arguments holds here too. Put sockets and pipes into non-blocking
 * mode, as an event loop does: no step blocks then. With a descriptor in blocking mode a step
 * does not block either, but gives up speed for that: it asks poll(2) before each read, writes no
 * more than 4096 bytes at once to a pipe, and neither sendfile(2) nor splice(2) to a socket. A
 * file on a disk is never waited for by poll(2): a step blocks while it is read.
 *
 * @param in_fd      as for `zc_transfer`. Only borrowed, until `zc_pump_free`.
 * @param in_offset  where to begin in a file, only read; `result->delivered` says how far the pump
 *                   has come. NULL: the position of `in_fd`, which every step advances.
 * @param out_fd     as for `zc_transfer`. Only borrowed, until `zc_pump_free`.
 * @param out_offset where to write in a file, only read. NULL: the position of `out_fd`.
 * @param count      how many bytes; UINT64_MAX for all up to the end of the source.
 * @param options    NULL for the default. Copied, header and trailer too. The time-outs begin now.
 * @param result     not NULL, `size` set: says what was wrong.
 * @param pump       not NULL; where the pump goes, or NULL where the status is not `ZC_OK`.
 * @return `ZC_OK`, `ZC_SYSTEM`, `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call.
 */
zc_status zc_pump_new(int in_fd,
                      const int64_t *in_offset,
                      int out_fd,
                      const int64_t *out_offset,
                      uint64_t count,
                      const zc_options *options,
                      zc_result *result,
                      zc_pump **pump);

/**
 * Moves bytes until `step_bytes` of the options are moved or an end has to be waited for. Never
 * blocks, but see `zc_pump_new`.
 *
 * After an error that may pass, such as ENOSPC, another step goes on from the first byte that was
 * not delivered. After the end, and after `zc_pump_cancel`, each step says the same again.
 *
 * @param pump   what `zc_pump_new` gave.
 * @param result not NULL, `size` set. `delivered` and all other counts are of the whole transfer;
 *               `end` says what to do next: it is over with `ZC_END_COMPLETE` and
 *               `ZC_END_SOURCE_ENDED`; wait for `wait_fd` with `ZC_END_WAIT_*` and for `wait_ns`
 *               with `ZC_END_PAUSE`; step again, when it is its turn, with `ZC_END_BUDGET`. For
 *               epoll(7) in edge-triggered mode: a step that waits for an end has met EAGAIN
 *               there.
 * @return `ZC_OK`; else as `zc_transfer`, and what was taken and not delivered stays with the
 *         pump.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call.
 */
zc_status zc_pump_step(zc_pump *pump, zc_result *result);

/**
 * Ends the transfer where it is, for example when the target is gone, and gives back what was
 * taken from the source and not delivered: in `result->undelivered_fd`, for the caller to read and
 * close.
 *
 * Does not block. What is left to do is `zc_pump_free`, which without this throws those bytes
 * away.
 *
 * @param pump   what `zc_pump_new` gave.
 * @param result not NULL, `size` set.
 * @return `ZC_OK`; `ZC_SYSTEM` with EMFILE, ENFILE or ENOMEM where there is no descriptor for what
 *         was not delivered, which is lost then; `ZC_NULL_ARGUMENT`, `ZC_INVALID_ARGUMENT`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call.
 */
zc_status zc_pump_cancel(zc_pump *pump, zc_result *result);

/**
 * Frees a pump, wherever it is. Its descriptors stay open. What was taken from the source and not
 * delivered is lost, unless `zc_pump_cancel` has given it back. Does not block.
 *
 * @param pump what `zc_pump_new` gave, not to be used any more; NULL does nothing.
 *
 * # Safety
 *
 * `pump` is NULL or live, and used by nobody else.
 */
void zc_pump_free(zc_pump *pump);

/**
 * Makes a sender for a connected TCP or UDP socket.
 *
 * The sender keeps a duplicate of `fd`, so the caller may close his own; the connection then ends
 * with the sender. SO_ZEROCOPY is set while it lives, and put back after. Nothing else on the
 * socket may use MSG_ZEROCOPY meanwhile or read the error queue. A socket that does not know
 * MSG_ZEROCOPY, a UNIX one for example, is sent to by copies: `refusal_error_number` says why.
 *
 * @param fd           a connected socket. Only borrowed; its flags stay as they are.
 * @param options      NULL for the default.
 * @param sender       where the sender goes; NULL goes there unless `ZC_OK` is returned.
 * @param error_number where the `errno` goes if `ZC_SYSTEM` is returned (EBADF, ENOTSOCK, EMFILE);
 *                     may be NULL.
 * @return `ZC_OK`, `ZC_SYSTEM`, `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call.
 */
zc_status zc_sender_new(int fd,
                        const zc_sender_options *options,
                        zc_sender **sender,
                        int *error_number);

/**
 * Sends a message: as much as the socket takes now, the rest in later calls of `zc_sender_reap`.
 *
 * Never blocks. Messages go out in the order of their sends. The memory belongs to the kernel
 * until `zc_sender_reap` hands out the completion with this `id`: what is written to it before may
 * be what the peer gets. Each message is completed once, also where it was copied or failed.
 *
 * @param data          the message. What it was acquired for, or any other memory.
 * @param bytes         how long it is, at least 0.
 * @param segment_bytes UDP: cut it into datagrams of this size (UDP_SEGMENT of udp(7)). Else 0.
 * @param id            where the number of the message goes, at least 1. Not NULL.
 * @return `ZC_OK`: the message was taken. `ZC_FULL`: the bound on bytes in flight is reached and
 *         nothing was taken; wait and reap, then send again. `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * `sender` is live, `id` may be written, and `bytes` bytes at `data` may be read until the
 * completion.
 */
zc_status zc_sender_send(zc_sender *sender,
                         const void *data,
                         size_t bytes,
                         uint16_t segment_bytes,
                         uint64_t *id);

/**
 * Takes the completions that there are, sends what is queued, and hands out messages that ended.
 *
 * Never blocks. To be called whenever poll(2) says POLLERR, or POLLOUT, of the socket, and after
 * sends that were copied, which are complete at once. As long as there are completions that nobody
 * takes, poll says POLLERR at once.
 *
 * @param completions where they go.
 * @param count_max   how many have room there, at least 1. As many as that may mean that there are
 *                    more.
 * @param count       where the number goes of those that were written.
 * @return `ZC_OK`, `ZC_NULL_ARGUMENT`, or `ZC_SYSTEM` (see `zc_sender_state.error_number`): the
 *         completions can't be read. What is written is valid all the same; what else was in flight
 *         may never be completed, and what is sent from now on is copied.
 *
 * # Safety
 *
 * `sender` is live, `completions` has room, and `count` may be written.
 */
zc_status zc_sender_reap(zc_sender *sender,
                         zc_completion *completions,
                         size_t count_max,
                         size_t *count);

/**
 * Waits until there is something for `zc_sender_reap` to do: a message that has ended, a
 * completion, or room in the socket if something is queued.
 *
 * Returns early when a signal handler has run.
 *
 * @param timeout_ms how long at most; -1 for no limit.
 * @return `ZC_OK`, also where the time is over; `ZC_SYSTEM`; `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * `sender` is live.
 */
zc_status zc_sender_wait(zc_sender *sender, int timeout_ms);

/**
 * Lends a buffer for messages: whole pages, zeroed or with what an earlier user has left in it.
 *
 * It has at least `bytes` bytes, begins at a page, and is valid until `zc_sender_free`.
 *
 * @param data where its address goes; NULL goes there unless `ZC_OK` is returned.
 * @return `ZC_OK`, `ZC_SYSTEM` (ENOMEM, see `zc_sender_state.error_number`), `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * `sender` is live, and `data` may be written.
 */
zc_status zc_sender_acquire(zc_sender *sender, size_t bytes, void **data);

/**
 * Gives a buffer back. This may be at once after the send: it is lent again only when the messages
 * in it are complete.
 *
 * @param data what `zc_sender_acquire` gave.
 * @return `ZC_OK`, `ZC_NULL_ARGUMENT`, or `ZC_INVALID_ARGUMENT` for what is no buffer of this
 *         sender or was given back before.
 *
 * # Safety
 *
 * `sender` is live.
 */
zc_status zc_sender_release(zc_sender *sender, void *data);

/**
 * How the sender stands.
 *
 * @param state `size` set by the caller: `zc_sender_state state = {sizeof state};`
 * @return `ZC_OK`, `ZC_INVALID_ARGUMENT` for too small a `size`, `ZC_NULL_ARGUMENT`.
 *
 * # Safety
 *
 * `sender` is live, and `state` may be written.
 */
zc_status zc_sender_get_state(zc_sender *sender, zc_sender_state *state);

/**
 * The sender's own descriptor, for poll(2) or epoll(7): POLLERR, which need not be asked for, says
 * that there are completions; POLLOUT is worth asking for while `bytes_unsent` is not 0.
 *
 * In epoll(7) use EPOLLET: a connection that has ended is EPOLLHUP for ever. It is valid until
 * `zc_sender_free`; not to be closed. -1 for NULL.
 *
 * # Safety
 *
 * `sender` is NULL or live.
 */
int zc_sender_fd(zc_sender *sender);

/**
 * Ends a sender at once, and its buffers with it.
 *
 * What is queued is not sent. What is in flight is never completed, and the caller's memory under
 * it is the kernel's for a time that nobody can tell any more: reap until `bytes_in_flight` is 0
 * first, or unmap that memory, of which the kernel keeps the pages. The buffers are unmapped.
 *
 * @param sender what `zc_sender_new` gave, or NULL, which does nothing.
 *
 * # Safety
 *
 * `sender` is NULL, or live and used by nobody, also by none that waits.
 */
void zc_sender_free(zc_sender *sender);

/**
 * Moves `count` bytes from `in_fd` to `out_fd`, to the end: it returns when all of them are
 * delivered, when the source ends, or when something fails.
 *
 * It blocks until then, also where a descriptor is in non-blocking mode: then it waits with
 * poll(2). A signal handler that runs meanwhile does not end it, and neither does SO_SNDTIMEO or
 * SO_RCVTIMEO of a socket. What ends it early is in the options: time-outs and a descriptor that
 * cancels. While a time-out, `cancel_fd` or `on_progress` is set, SO_SNDTIMEO of a target socket
 * in blocking mode is at most 100 ms, and put back before the return; a time-out may then be late
 * by as much. Closing a descriptor that the call uses is the caller's error.
 *
 * The pages of a file may be sent as they are, so a change of the file before the peer has read
 * may change what it reads; `ZC_FLAG_STABLE` prevents that. Datagrams are moved one by one, each
 * whole, but for the last, which is cut to `count`; an empty one is passed over, and the source
 * never ends. What comes from a file is one datagram for each 65536 bytes, of `chunk_bytes` if that
 * is less: UDP takes 65507 bytes at most, and EMSGSIZE is the answer to more, before any of them is
 * sent. A target that is opened with O_DIRECT takes whole blocks only. Every whole block of the
 * source is delivered; then the rest is EINVAL, and `result->message` says how large a block is and
 * where the rest would begin. So is what comes from a stream in pieces of other sizes.
 *
 * Thread-safe: two calls at once may use the same file where they give offsets, and the same
 * socket in opposite directions.
 *
 * @param in_fd      any file, socket, pipe or device that is open for reading. Only borrowed; its
 *                   flags stay as they are.
 * @param in_offset  where to begin in a file or block device, at least 0; advanced by what was
 *                   delivered, also where the call fails. The position of `in_fd` is then neither
 *                   used nor moved. NULL: the position of `in_fd` is used, and advanced in the
 *                   same way; the only choice for what has no offsets.
 * @param out_fd     any file, socket, pipe or device that is open for writing. Only borrowed; its
 *                   flags stay as they are.
 * @param out_offset where to write in the file `out_fd`, at least 0; advanced by what was
 *                   delivered. NULL: the position of `out_fd`, or the end of a file opened with
 *                   O_APPEND; the only choice if not a file. A header and a trailer are written
 *                   there too, and are not counted.
 * @param count      how many bytes; UINT64_MAX for all up to the end of the source.
 * @param options    NULL for the default.
 * @param result     not NULL, `size` set: `zc_result result = ZC_RESULT_INIT;`
 * @return `ZC_OK` also where the source ended early (see `result->end`); `ZC_SYSTEM` with
 *         `error_number` EPIPE or ECONNRESET for a peer that is gone (SIGPIPE is not raised),
 *         ENOSPC, EFBIG, EBADF and so on; `ZC_TIMED_OUT`, `ZC_IDLE_TIMED_OUT`, `ZC_CANCELLED`;
 *         `ZC_INVALID_ARGUMENT`, also where source and target are one stream or overlapping ranges
 *         of one file; `ZC_NULL_ARGUMENT`, `ZC_UNSUPPORTED`. After each but the last three what
 *         was taken from a source that can't be read again is in `result->undelivered_fd`.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call.
 */
zc_status zc_transfer(int in_fd,
                      int64_t *in_offset,
                      int out_fd,
                      int64_t *out_offset,
                      uint64_t count,
                      const zc_options *options,
                      zc_result *result);

/**
 * Says what `zc_transfer` would do with these arguments, and why: the mechanisms that it would try
 * one after the other, for example "file 700 B: copy (below the crossover of 4096 B), then
 * sendfile (the kernel moves the pages itself)".
 *
 * Nothing is moved and nothing is waited for. The words are for people and may change. A pump
 * plans in the same way, but for a target in blocking mode. Thread-safe.
 *
 * @param in_fd, in_offset, out_fd, out_offset, count, options as for `zc_transfer`.
 * @param description where the text goes, in English, cut where it does not fit; always ended by
 *                    NUL. Whatever the status: one that is not `ZC_OK` is put into words.
 * @param description_bytes the room there, at least 1; 512 are enough.
 * @return `ZC_OK`; else what `zc_transfer` would return, with nothing moved.
 *
 * # Safety
 *
 * Each pointer is NULL or points to a live value that nobody else uses during the call;
 * `description` has the room that is said.
 */
zc_status zc_plan_describe(int in_fd,
                           const int64_t *in_offset,
                           int out_fd,
                           const int64_t *out_offset,
                           uint64_t count,
                           const zc_options *options,
                           char *description,
                           size_t description_bytes);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ZEROCOPY_NIO_H */
