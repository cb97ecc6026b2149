/* Sending memory: copied by the kernel, or lent to it by MSG_ZEROCOPY until it gives it back. */
#define _GNU_SOURCE
#include "die.h"
#include "methods.h"
#include "zerocopy_nio.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

enum { SEND_BYTES = 256 << 10 };

/* What may be lent at a time: more than a connection has under way, and less than the 8 MiB that
 * an unprivileged process may lock. */
enum { SENDS_IN_FLIGHT_MAX = (4 << 20) / SEND_BYTES };

enum { COMPLETION_MS_MAX = 10000 };

/* The memory is sent again from its beginning where the transfer is longer. */
static size_t next_piece(const struct end *source, int64_t sent, int64_t bytes, const char **data) {
    size_t offset = (size_t)(sent % (int64_t)source->memory_bytes);
    size_t piece = SEND_BYTES;
    if (piece > source->memory_bytes - offset) {
        piece = source->memory_bytes - offset;
    }
    *data = source->memory + offset;
    return (int64_t)piece < bytes - sent ? piece : (size_t)(bytes - sent);
}

void by_send(const struct end *source, const struct end *target, int64_t bytes) {
    for (int64_t sent = 0; sent < bytes;) {
        const char *data;
        size_t piece = next_piece(source, sent, bytes, &data);
        send_all(target->fd, data, piece);
        sent += (int64_t)piece;
    }
}

/* Takes one message off the error queue and returns how many sends it completes; 0: there is none.
 * The range of ids has both of its ends in it. */
static uint32_t take_completions(int socket) {
    char control[128];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        if (errno != EAGAIN) {
            die("recvmsg");
        }
        return 0;
    }
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct sock_extended_err completion;
    if (header == NULL || header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_RECVERR) {
        errno = EPROTO;
        die("not a completion");
    }
    memcpy(&completion, CMSG_DATA(header), sizeof completion);
    if (completion.ee_origin != SO_EE_ORIGIN_ZEROCOPY) {
        errno = (int)completion.ee_errno;
        die("not a completion");
    }
    if (completion.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) {
        errno = EPROTO;
        die("the kernel copied what it was lent: this path is not zero-copy");
    }
    return completion.ee_data - completion.ee_info + 1;
}

/* Returns how many sends are still in flight when at most so many are. Each turn completes some, or
 * waits for a message, which does not take for ever. */
static uint32_t await_completions(int socket, uint32_t in_flight, uint32_t in_flight_max) {
    while (in_flight > in_flight_max) {
        uint32_t completed = take_completions(socket);
        in_flight -= completed;
        struct pollfd errors = {.fd = socket, .events = 0};
        if (completed == 0 && poll(&errors, 1, COMPLETION_MS_MAX) != 1) {
            errno = ETIMEDOUT;
            die("a completion does not come");
        }
    }
    return in_flight;
}

void by_msg_zerocopy(const struct end *source, const struct end *target, int64_t bytes) {
    int on = 1;
    if (setsockopt(target->fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) != 0) {
        die("SO_ZEROCOPY");
    }
    uint32_t in_flight = 0;
    for (int64_t sent = 0; sent < bytes;) {
        const char *data;
        size_t piece = next_piece(source, sent, bytes, &data);
        ssize_t n = send(target->fd, data, piece, MSG_ZEROCOPY | MSG_NOSIGNAL);
        if (n <= 0) {
            die("send with MSG_ZEROCOPY");
        }
        sent += n;
        in_flight = await_completions(target->fd, in_flight + 1, SENDS_IN_FLIGHT_MAX);
    }
    await_completions(target->fd, in_flight, 0);
}

/* What a sender of the library was given and what it gave back. */
struct tally {
    uint64_t sent;
    uint64_t completed;
    uint64_t zero_copy_bytes;
};

static void check_status(zc_status status) {
    if (status != ZC_OK) {
        errno = EIO;
        die(zc_status_message(status));
    }
}

/* Waits until something has happened, and takes the completions that there are. */
static void reap(zc_sender *sender, struct tally *tally) {
    zc_completion completions[SENDS_IN_FLIGHT_MAX];
    size_t count = 0;
    time_t began = time(NULL);
    check_status(zc_sender_wait(sender, COMPLETION_MS_MAX));
    check_status(zc_sender_reap(sender, completions, SENDS_IN_FLIGHT_MAX, &count));
    if (count == 0 && time(NULL) - began >= COMPLETION_MS_MAX / 1000) {
        errno = ETIMEDOUT;
        die("a completion of the library's sender does not come");
    }
    for (size_t i = 0; i < count; i++) {
        if (completions[i].sent != ZC_SENT_WHOLE) {
            errno = completions[i].error_number;
            die("a message of the library's sender");
        }
        tally->zero_copy_bytes += completions[i].zero_copy_bytes;
    }
    tally->completed += count;
}

/* The number of the first send on this connection, which may have had a sender before: the kernel
 * goes on counting. */
static uint32_t *next_send_of(int socket) {
    static uint64_t connection;
    static uint32_t next_send;
    uint64_t cookie = 0;
    socklen_t cookie_bytes = sizeof cookie;
    if (getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &cookie_bytes) != 0) {
        die("SO_COOKIE");
    }
    if (cookie != connection) {
        connection = cookie;
        next_send = 0;
    }
    return &next_send;
}

static void free_sender(zc_sender *sender, uint32_t *next_send) {
    zc_sender_state state = {.size = sizeof state};
    check_status(zc_sender_get_state(sender, &state));
    *next_send = state.next_id;
    zc_sender_free(sender);
}

/* With its default bound, which is that of the loop above; so it is full as often. */
void by_library_sender(const struct end *source, const struct end *target, int64_t bytes) {
    uint32_t *next_send = next_send_of(target->fd);
    zc_sender_options options = ZC_SENDER_OPTIONS_INIT;
    options.first_id = *next_send;
    zc_sender *sender;
    check_status(zc_sender_new(target->fd, &options, &sender, NULL));
    struct tally tally = {0, 0, 0};
    for (int64_t sent = 0; sent < bytes;) {
        const char *data;
        size_t piece = next_piece(source, sent, bytes, &data);
        uint64_t id;
        zc_status status = zc_sender_send(sender, data, piece, 0, &id);
        if (status == ZC_FULL) {
            reap(sender, &tally);
            continue;
        }
        check_status(status);
        tally.sent++;
        sent += (int64_t)piece;
    }
    while (tally.completed < tally.sent) {
        reap(sender, &tally);
    }
    free_sender(sender, next_send);
    /* It copies by itself where the kernel would; then this measures nothing. */
    if (tally.zero_copy_bytes < (uint64_t)bytes / 2) {
        errno = EPROTO;
        die("most of what was lent to the library was copied");
    }
}
