/*
 * Goal: what is sent with zc_sender arrives once and in order, each message is completed once, the
 * bound holds, and wrong arguments are statuses.
 * Method: TCP of both families, UDP and UNIX sockets inside this machine, where the kernel copies
 * every zero-copy send and says so; a reader that comes late; arguments that are wrong one by one.
 */
#include "support.h"

#include <poll.h>

#define MESSAGE_BYTES ((size_t)300 << 10)
#define MESSAGES 24

static zc_sender *sender_on(int fd, const zc_sender_options *options) {
    zc_sender *sender = NULL;
    int error_number = 0;
    CHECK_EQUAL(zc_sender_new(fd, options, &sender, &error_number), ZC_OK);
    CHECK(sender != NULL);
    return sender;
}

static zc_sender_state state_of(zc_sender *sender) {
    zc_sender_state state = {.size = sizeof state};
    CHECK_EQUAL(zc_sender_get_state(sender, &state), ZC_OK);
    return state;
}

/* Reaps until `wanted` messages are completed, in total, and checks each of them. */
static void reap_until(zc_sender *sender, uint64_t *completed, uint64_t wanted, size_t bytes,
                       uint32_t *causes, uint64_t *seen) {
    while (*completed < wanted) {
        zc_completion completions[3];
        size_t count = 99;
        CHECK_EQUAL(zc_sender_reap(sender, completions, 3, &count), ZC_OK);
        CHECK(count <= 3);
        for (size_t i = 0; i < count; i++) {
            ++*completed;
            CHECK_EQUAL(completions[i].sent, ZC_SENT_WHOLE);
            CHECK_EQUAL(completions[i].bytes, bytes);
            CHECK_EQUAL(completions[i].copied, completions[i].copied_causes != 0);
            CHECK_EQUAL(completions[i].error_number, 0);
            *causes |= completions[i].copied_causes;
            /* Copied messages may overtake those in flight, but each comes once. */
            CHECK(completions[i].id < 64 && (*seen & UINT64_C(1) << completions[i].id) == 0);
            *seen |= UINT64_C(1) << completions[i].id;
        }
        if (count == 0) {
            CHECK_EQUAL(zc_sender_wait(sender, 1000), ZC_OK);
        }
    }
}

static void fill(unsigned char *data, size_t bytes, uint64_t offset) {
    for (size_t i = 0; i < bytes; i++) {
        data[i] = pattern_at(offset + i);
    }
}

/* Many messages from buffers that are given back at once, through the bound and a late reader. */
static void messages_arrive(struct connection way, uint32_t expected_cause) {
    zc_sender *sender = sender_on(way.out, NULL);
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    uint64_t completed = 0, sent = 0, seen = 0;
    uint32_t causes = 0;
    while (sent < MESSAGES) {
        void *data = NULL;
        CHECK_EQUAL(zc_sender_acquire(sender, MESSAGE_BYTES, &data), ZC_OK);
        fill(data, MESSAGE_BYTES, sent * MESSAGE_BYTES);
        uint64_t id = 0;
        zc_status status = zc_sender_send(sender, data, MESSAGE_BYTES, 0, &id);
        if (status == ZC_FULL) {
            CHECK(completed < sent);
            reap_until(sender, &completed, completed + 1, MESSAGE_BYTES, &causes, &seen);
            status = ZC_OK;
        } else {
            CHECK_EQUAL(id, ++sent);
        }
        CHECK_EQUAL(status, ZC_OK);
        CHECK_EQUAL(zc_sender_release(sender, data), ZC_OK);
        CHECK_EQUAL(zc_sender_release(sender, data), ZC_INVALID_ARGUMENT);
        CHECK(state_of(sender).bytes_in_flight <= (4 << 20));
    }
    reap_until(sender, &completed, sent, MESSAGE_BYTES, &causes, &seen);
    CHECK_EQUAL(state_of(sender).bytes_in_flight, 0);
    CHECK((causes & expected_cause) != 0);
    zc_sender_free(sender);
    CHECK_EQUAL(end_of(&receiver, way.out), MESSAGES * MESSAGE_BYTES);
}

static struct connection ipv6_connection(void) {
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET6, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0) {
        close(listener);
        return (struct connection){.out = -1, .in = -1};
    }
    CHECK(listen(listener, 1) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    struct connection made = {.out = socket(AF_INET6, SOCK_STREAM, 0)};
    CHECK(connect(made.out, (struct sockaddr *)&address, size) == 0);
    made.in = accept(listener, NULL, NULL);
    CHECK(made.in >= 0);
    close(listener);
    return made;
}

/* A datagram is one message; with a segment size the kernel makes many of one. */
static void datagrams_keep_their_borders(void) {
    enum { BYTES = 28000, SEGMENT = 1400 };
    struct connection way = udp_connection();
    zc_sender *sender = sender_on(way.out, NULL);
    unsigned char *data = malloc(BYTES), got[BYTES];
    fill(data, BYTES, 0);
    uint64_t completed = 0, seen = 0, id;
    uint32_t causes = 0;
    CHECK_EQUAL(zc_sender_send(sender, data, BYTES, 0, &id), ZC_OK);
    CHECK_EQUAL(zc_sender_send(sender, data, BYTES, SEGMENT, &id), ZC_OK);
    CHECK_EQUAL(recv(way.in, got, sizeof got, 0), BYTES);
    check_pattern(got, BYTES, 0);
    for (int i = 0; i < BYTES / SEGMENT; i++) {
        CHECK_EQUAL(recv(way.in, got, sizeof got, 0), SEGMENT);
        check_pattern(got, SEGMENT, (uint64_t)i * SEGMENT);
    }
    reap_until(sender, &completed, 2, BYTES, &causes, &seen);
    /* Too long for a datagram: this message fails, and the next one does not. */
    unsigned char *large = calloc(1, 70000);
    zc_completion completion;
    size_t count = 0;
    CHECK_EQUAL(zc_sender_send(sender, large, 70000, 0, &id), ZC_OK);
    CHECK_EQUAL(zc_sender_reap(sender, &completion, 1, &count), ZC_OK);
    CHECK_EQUAL(count, 1);
    CHECK_EQUAL(completion.sent, ZC_SENT_FAILED);
    CHECK_EQUAL(completion.error_number, EMSGSIZE);
    CHECK_EQUAL(zc_sender_send(sender, data, 0, 0, &id), ZC_OK);
    CHECK_EQUAL(recv(way.in, got, sizeof got, 0), 0);
    zc_sender_free(sender);
    free(data);
    free(large);
    close(way.out);
    close(way.in);
}

/* Completions that nobody takes are POLLERR, and none when they are taken; a second sender on the
 * same socket has to be told how many came before. */
static void polling_sees_completions(void) {
    struct connection way = tcp_connection();
    zc_sender *first = sender_on(way.out, NULL);
    unsigned char *data = calloc(1, MESSAGE_BYTES), *got = malloc(MESSAGE_BYTES);
    uint64_t id, completed = 0, seen = 0;
    uint32_t causes = 0;
    CHECK_EQUAL(zc_sender_send(first, data, MESSAGE_BYTES, 0, &id), ZC_OK);
    CHECK_EQUAL(recv(way.in, got, MESSAGE_BYTES, MSG_WAITALL), MESSAGE_BYTES);
    struct pollfd asked = {.fd = zc_sender_fd(first)};
    CHECK_EQUAL(poll(&asked, 1, 2000), 1);
    CHECK((asked.revents & POLLERR) != 0);
    reap_until(first, &completed, 1, MESSAGE_BYTES, &causes, &seen);
    CHECK_EQUAL(causes, ZC_COPIED_BY_KERNEL);
    CHECK_EQUAL(poll(&asked, 1, 0), 0);
    CHECK(state_of(first).is_copying);
    zc_sender_options options = ZC_SENDER_OPTIONS_INIT;
    options.first_id = state_of(first).next_id;
    CHECK(options.first_id > 0);
    zc_sender_free(first);

    int on = -1;
    socklen_t size = sizeof on;
    CHECK(getsockopt(way.out, SOL_SOCKET, SO_ZEROCOPY, &on, &size) == 0);
    CHECK_EQUAL(on, 0);

    zc_sender *second = sender_on(way.out, &options);
    CHECK_EQUAL(zc_sender_send(second, data, MESSAGE_BYTES, 0, &id), ZC_OK);
    CHECK_EQUAL(recv(way.in, got, MESSAGE_BYTES, MSG_WAITALL), MESSAGE_BYTES);
    completed = seen = 0;
    reap_until(second, &completed, 1, MESSAGE_BYTES, &causes, &seen);
    zc_sender_free(second);
    free(data);
    free(got);
    close(way.out);
    close(way.in);
}

/* The peer goes away in the middle: messages fail with its errno, and no signal comes. */
static void broken_connection_is_an_errno(void) {
    struct connection way = tcp_connection();
    zc_sender *sender = sender_on(way.out, NULL);
    unsigned char *data = calloc(1, 4 << 20);
    uint64_t id;
    CHECK_EQUAL(zc_sender_send(sender, data, 4 << 20, 0, &id), ZC_OK);
    CHECK(state_of(sender).bytes_unsent > 0);
    CHECK_EQUAL(zc_sender_send(sender, data, 1, 0, &id), ZC_FULL);
    close(way.in);
    zc_completion completion;
    size_t count = 0;
    while (count == 0) {
        CHECK_EQUAL(zc_sender_wait(sender, 1000), ZC_OK);
        CHECK_EQUAL(zc_sender_reap(sender, &completion, 1, &count), ZC_OK);
    }
    CHECK_EQUAL(completion.sent, ZC_SENT_FAILED);
    CHECK(completion.error_number == EPIPE || completion.error_number == ECONNRESET);
    CHECK(completion.bytes < (4 << 20));
    zc_sender_free(sender);
    free(data);
    close(way.out);
}

static void wrong_arguments_are_statuses(void) {
    struct connection way = tcp_connection();
    zc_sender *sender = sender_on(way.out, NULL), *none = sender;
    int error_number = 0, file = empty_file(0);
    uint64_t id;
    size_t count;
    void *data;
    zc_completion completion;
    CHECK_EQUAL(zc_sender_new(-1, NULL, &none, NULL), ZC_INVALID_ARGUMENT);
    CHECK(none == NULL);
    CHECK_EQUAL(zc_sender_new(file, NULL, &none, &error_number), ZC_SYSTEM);
    CHECK_EQUAL(error_number, ENOTSOCK);
    CHECK_EQUAL(zc_sender_new(1 << 20, NULL, &none, &error_number), ZC_SYSTEM);
    CHECK_EQUAL(error_number, EBADF);
    CHECK_EQUAL(zc_sender_new(way.out, NULL, NULL, NULL), ZC_NULL_ARGUMENT);
    zc_sender_options options = ZC_SENDER_OPTIONS_INIT;
    options.size--;
    CHECK_EQUAL(zc_sender_new(way.out, &options, &none, NULL), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_sender_send(NULL, "", 0, 0, &id), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_send(sender, NULL, 1, 0, &id), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_send(sender, "", 0, 0, NULL), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_reap(NULL, &completion, 1, &count), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_reap(sender, NULL, 1, &count), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_reap(sender, &completion, 1, NULL), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_wait(NULL, 0), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_acquire(NULL, 1, &data), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_acquire(sender, SIZE_MAX, &data), ZC_SYSTEM);
    CHECK_EQUAL(state_of(sender).error_number, ENOMEM);
    CHECK_EQUAL(zc_sender_release(sender, &data), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_sender_get_state(sender, NULL), ZC_NULL_ARGUMENT);
    CHECK_EQUAL(zc_sender_get_state(sender, &(zc_sender_state){.size = 8}), ZC_INVALID_ARGUMENT);
    CHECK_EQUAL(zc_sender_fd(NULL), -1);
    /* A message of nothing is complete at once. */
    CHECK_EQUAL(zc_sender_send(sender, NULL, 0, 0, &id), ZC_OK);
    CHECK_EQUAL(zc_sender_reap(sender, &completion, 1, &count), ZC_OK);
    CHECK_EQUAL(count, 1);
    zc_sender_free(NULL);
    zc_sender_free(sender);
    close(file);
    close(way.out);
    close(way.in);
}

/* A setting, and a family without MSG_ZEROCOPY: copies, and the cause is told. */
static void what_can_not_be_zero_copy_is_copied(void) {
    struct connection way = unix_connection(SOCK_STREAM);
    zc_sender *sender = sender_on(way.out, NULL);
    CHECK_EQUAL(state_of(sender).refusal_error_number, EOPNOTSUPP);
    zc_sender_free(sender);
    messages_arrive(way, ZC_COPIED_UNSUPPORTED);
    way = tcp_connection();
    zc_sender_options options = ZC_SENDER_OPTIONS_INIT;
    options.copy_only = 1;
    sender = sender_on(way.out, &options);
    uint64_t id, completed = 0, seen = 0;
    uint32_t causes = 0;
    unsigned char data[20000] = {0};
    CHECK_EQUAL(zc_sender_send(sender, data, sizeof data, 0, &id), ZC_OK);
    reap_until(sender, &completed, 1, sizeof data, &causes, &seen);
    CHECK_EQUAL(causes, ZC_COPIED_DISABLED);
    zc_sender_free(sender);
    close(way.out);
    close(way.in);
}

int main(void) {
    messages_arrive(tcp_connection(), ZC_COPIED_BY_KERNEL);
    struct connection ipv6 = ipv6_connection();
    if (ipv6.out >= 0) {
        messages_arrive(ipv6, ZC_COPIED_BY_KERNEL);
    }
    datagrams_keep_their_borders();
    polling_sees_completions();
    broken_connection_is_an_errno();
    wrong_arguments_are_statuses();
    what_can_not_be_zero_copy_is_copied();
    return 0;
}
