/*
 * zerocopy-nio: moves bytes between files, sockets and pipes without copying them through user
 * space.
 *
 * The contract of every function here:
 *
 * - The return value is the status; 0, ZC_OK, is success. zc_status_message() puts it into words.
 * - The result is written whatever the status: how many bytes were delivered before an error,
 *   which call failed with which errno. Two statuses leave it alone: ZC_NULL_ARGUMENT, as there is
 *   none to write to, and ZC_PANIC. So does a struct whose size is too small. Initialize it by
 *   ZC_RESULT_INIT, and nothing in it is ever undefined.
 * - Bytes that were taken from a source and could not be delivered are not lost. They stay
 *   readable from result.undelivered_fd, the read end of a pipe that the caller closes, or it is
 *   -1.
 * - A pointer that must not be NULL is checked. What else a pointer points to is the caller's
 *   duty.
 * - A struct starts with its size, so that later versions can add members at its end.
 * - What a function named _new returns is given back to the one named _free, once.
 * - A descriptor that is passed stays the caller's, who keeps it open during the call and closes
 *   it, unless the name of the function says take.
 * - File status flags, socket options and the signal mask are as before after each call. A
 *   descriptor may be in blocking or in non-blocking mode; a call that runs to its end waits
 *   itself.
 * - SIGPIPE is not raised: a peer that is gone is EPIPE, whatever is done with the signal. No
 *   panic of the library crosses into the caller. errno is neither used nor kept.
 * - Everything is safe in the child after fork(), and thread-safe unless it says otherwise.
 *   Nothing is safe in a signal handler.
 * - The environment variable ZEROCOPY_NIO_DISABLE forbids mechanisms to the whole process: names
 *   such as "sendfile" with commas between them, or "all" for all but the copy. It is read once,
 *   by the first transfer.
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

/** The default: all mechanisms. */
#define ZC_OPTIONS_INIT {sizeof(zc_options), 0, 0}

/** A result of nothing, for the caller to pass: `zc_result result = ZC_RESULT_INIT;` */
#define ZC_RESULT_INIT {sizeof(zc_result), 0, 0, ZC_END_NONE, 0, NULL, 0, 0, 0, -1, 0, 0}

/** The version of this header: major * 1000000 + minor * 1000 + patch. */
#define ZC_VERSION 1000
#define ZC_VERSION_MAJOR 0
#define ZC_VERSION_MINOR 1
#define ZC_VERSION_PATCH 0

/**
 * sendfile(2), in `zc_options.mechanisms` and `zc_result`.
 */
#define ZC_MECHANISM_SENDFILE 1

/**
 * pread(2) and send(2), write(2) or pwrite(2) through a reused buffer.
 */
#define ZC_MECHANISM_COPY 64

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
     * An argument is out of its range: a negative descriptor or offset, an offset for a target
     * that is not a file, a struct whose `size` is too small.
     */
    ZC_INVALID_ARGUMENT = 3,
    /**
     * No mechanism that may be used can move bytes between these descriptors.
     */
    ZC_UNSUPPORTED = 4,
    /**
     * A defect of the library. Nothing more is known of the transfer; please report it.
     */
    ZC_PANIC = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum zc_status zc_status;
#else
typedef int32_t zc_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a transfer ended whose status is `ZC_OK`.
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
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum zc_end zc_end;
#else
typedef int32_t zc_end;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a transfer may do. NULL stands for `ZC_OPTIONS_INIT`.
 */
typedef struct {
    /**
     * `sizeof(zc_options)`, so that it can grow. `ZC_OPTIONS_INIT` sets it.
     */
    size_t size;
    /**
     * The mechanisms that may be used: a sum of `ZC_MECHANISM_*`; 0 means all.
     */
    uint32_t mechanisms;
    /**
     * Must be 0.
     */
    uint32_t reserved;
} zc_options;

/**
 * What a transfer did. Written whatever the status, unless the status is
 * `ZC_NULL_ARGUMENT` or `ZC_PANIC`.
 */
typedef struct {
    /**
     * `sizeof(zc_result)`, set by the caller, so that it can grow. `ZC_RESULT_INIT` sets it.
     */
    size_t size;
    /**
     * Bytes that the target has accepted.
     */
    uint64_t delivered;
    /**
     * Bytes that were taken from the source. A file source is read at an offset and gives back
     * what was not delivered, so this equals `delivered`.
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
     * The mechanism that could not serve these descriptors and was left for another, as a
     * `ZC_MECHANISM_*`; 0 if none was.
     */
    uint32_t fallback_mechanism;
    /**
     * The `errno` that was the cause of that, or 0.
     */
    int fallback_error_number;
    /**
     * The read end of a pipe that holds what was consumed and not delivered, for the caller to
     * read and close; -1 where there is nothing, as always for a file source.
     */
    int undelivered_fd;
    /**
     * System calls made to move the bytes.
     */
    uint64_t system_calls;
    /**
     * How long it took, in nanoseconds.
     */
    uint64_t elapsed_ns;
} zc_result;

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
 * Moves `count` bytes from the file `in_fd` to `out_fd`, to the end: it returns when all of them
 * are delivered, when the source ends, or when something fails.
 *
 * It blocks until then, also where `out_fd` is in non-blocking mode: then it waits with poll(2).
 * A signal handler that runs meanwhile does not end it, and neither does SO_SNDTIMEO of a socket.
 * Closing a descriptor that it uses is the caller's error. It does for a file source what sendfile(2) and pread(2) do, and takes whichever
 * is faster. The pages of the file may be sent as they are, so a change of the file before the
 * peer has read may change what it reads. Thread-safe: two calls at once may use the same
 * descriptors where they give offsets.
 *
 * @param in_fd      a file, open for reading. Only borrowed; its flags stay as they are.
 * @param in_offset  where to begin in the file, at least 0; advanced by what was delivered. The
 *                   position of `in_fd` is then not used. NULL: the position of `in_fd` is used,
 *                   and advanced.
 * @param out_fd     a stream or datagram socket, pipe, file or device, open for writing. Only
 *                   borrowed; its flags stay as they are.
 * @param out_offset where to write in the file `out_fd`, at least 0; advanced by what was
 *                   delivered. NULL: the position of `out_fd`, the only choice if not a file.
 * @param count      how many bytes; UINT64_MAX for all up to the end of the file.
 * @param options    NULL for the default.
 * @param result     not NULL, `size` set: `zc_result result = ZC_RESULT_INIT;`
 * @return `ZC_OK` also where the source ended early (see `result->end`); `ZC_SYSTEM` with
 *         `error_number` EPIPE or ECONNRESET for a peer that is gone (SIGPIPE is not raised),
 *         ENOSPC, EBADF and so on; `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`, `ZC_UNSUPPORTED`.
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

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ZEROCOPY_NIO_H */
