/*
 * Goal: where the kernel can send without a copy it does, for TCP and UDP of both families and with
 * UDP_SEGMENT; memory that is overwritten after its completion, or mapped anew after the sender was
 * freed, is never what the peer gets; and with too little memory to lock everything still arrives.
 * Method: two network namespaces of this process, joined by a veth pair whose receiving end runs an
 * XDP program that passes everything: such a device copies into pages of its own, so the sender's
 * pages are read as by a network card. The namespaces end with the process.
 */
#include "support.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define MESSAGE_BYTES ((size_t)256 << 10)
#define MESSAGES 40
#define DATAGRAM_BYTES 50000
#define SEGMENT_BYTES 1400
#define SEND_BUFFER_BYTES (8 << 20)

static int sending_side, receiving_side;

static void enter(int side) { CHECK(setns(side, CLONE_NEWNET) == 0); }

/* Runs a command of ip(8); false if it fails. */
__attribute__((format(printf, 1, 2))) static bool ip(const char *format, ...) {
    char command[300] = "ip ";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command + 3, sizeof command - 3, format, arguments);
    va_end(arguments);
    return system(command) == 0;
}

/* A new namespace, which this process is in then. */
static int new_side(void) {
    if (unshare(CLONE_NEWNET) != 0) {
        SKIP("no network namespace can be made: %s", strerror(errno));
    }
    int side = open("/proc/self/ns/net", O_RDONLY);
    CHECK(side >= 0);
    return side;
}

/* Attaches a program of two instructions, "return XDP_PASS", for as long as this process lives. */
static void pass_by_xdp(const char *device) {
    struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_XDP,
                           .insns = (uint64_t)(uintptr_t)code,
                           .insn_cnt = 2,
                           .license = (uint64_t)(uintptr_t) "Apache-2.0",
                           .expected_attach_type = BPF_XDP,
                           /* BPF_F_XDP_HAS_FRAGS: else it is refused above an MTU of 3.5 KiB. */
                           .prog_flags = 1U << 5};
    int program = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    if (program < 0) {
        SKIP("no XDP program can be loaded: %s", strerror(errno));
    }
    union bpf_attr attach = {.link_create = {.prog_fd = (uint32_t)program,
                                             .target_ifindex = if_nametoindex(device),
                                             .attach_type = BPF_XDP,
                                             /* XDP_FLAGS_DRV_MODE */
                                             .flags = 1U << 2}};
    if (syscall(SYS_bpf, BPF_LINK_CREATE, &attach, sizeof attach) < 0) {
        SKIP("no XDP program can be attached: %s", strerror(errno));
    }
}

static void join_the_sides(void) {
    receiving_side = new_side();
    sending_side = new_side();
    if (!ip("link add zc0 mtu 65535 type veth peer name zc1 mtu 65535")) {
        SKIP("no veth pair can be made");
    }
    CHECK(ip("link set zc1 netns /proc/%d/fd/%d", getpid(), receiving_side));
    CHECK(ip("addr add 10.99.0.1/24 dev zc0") && ip("addr add fd99::1/64 dev zc0 nodad"));
    CHECK(ip("link set zc0 up"));
    enter(receiving_side);
    CHECK(ip("addr add 10.99.0.2/24 dev zc1") && ip("addr add fd99::2/64 dev zc1 nodad"));
    CHECK(ip("link set zc1 up"));
    pass_by_xdp("zc1");
    enter(sending_side);
}

/* A connection from one side to the other. */
static struct connection across(int family, int type) {
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    CHECK(inet_pton(AF_INET, "10.99.0.2", &four.sin_addr) == 1);
    CHECK(inet_pton(AF_INET6, "fd99::2", &six.sin6_addr) == 1);
    bool is_four = family == AF_INET;
    struct sockaddr *address =
        is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = is_four ? sizeof four : sizeof six;
    enter(receiving_side);
    struct connection made = {.in = socket(family, type, 0)};
    int receive_bytes = 1 << 20;
    CHECK(setsockopt(made.in, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes) == 0);
    CHECK(bind(made.in, address, size) == 0);
    CHECK(type == SOCK_DGRAM || listen(made.in, 1) == 0);
    CHECK(getsockname(made.in, address, &size) == 0);
    enter(sending_side);
    made.out = socket(family, type, 0);
    int send_bytes = SEND_BUFFER_BYTES;
    CHECK(setsockopt(made.out, SOL_SOCKET, SO_SNDBUFFORCE, &send_bytes, sizeof send_bytes) == 0);
    CHECK(connect(made.out, address, size) == 0);
    if (type == SOCK_STREAM) {
        int listener = made.in;
        made.in = accept(listener, NULL, NULL);
        CHECK(made.in >= 0);
        close(listener);
    }
    return made;
}

static void fill(unsigned char *data, size_t bytes, uint64_t offset) {
    for (size_t i = 0; i < bytes; i++) {
        data[i] = pattern_at(offset + i);
    }
}

static zc_sender *sender_on(int fd) {
    zc_sender *sender = NULL;
    zc_sender_options options = ZC_SENDER_OPTIONS_INIT;
    options.in_flight_bytes_max = SEND_BUFFER_BYTES;
    CHECK_EQUAL(zc_sender_new(fd, &options, &sender, NULL), ZC_OK);
    return sender;
}

/* Waits for one completion. */
static zc_completion completion_of(zc_sender *sender) {
    zc_completion completion;
    size_t count = 0;
    while (count == 0) {
        CHECK_EQUAL(zc_sender_wait(sender, 1000), ZC_OK);
        CHECK_EQUAL(zc_sender_reap(sender, &completion, 1, &count), ZC_OK);
    }
    CHECK_EQUAL(completion.sent, ZC_SENT_WHOLE);
    return completion;
}

/* Memory is overwritten as soon as it is complete, and the reader is slow. */
static void streams_are_not_copied(int family) {
    struct connection way = across(family, SOCK_STREAM);
    struct receiver receiver;
    receive_slowly(&receiver, way.in, 1 << 16, 300);
    zc_sender *sender = sender_on(way.out);
    unsigned char *data[4];
    for (int i = 0; i < 4; i++) {
        data[i] = mmap(NULL, MESSAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
        CHECK(data[i] != MAP_FAILED);
    }
    uint64_t id, completed = 0;
    for (uint64_t sent = 0; completed < MESSAGES;) {
        if (sent < MESSAGES && sent - completed < 4) {
            fill(data[sent % 4], MESSAGE_BYTES, sent * MESSAGE_BYTES);
            CHECK_EQUAL(zc_sender_send(sender, data[sent % 4], MESSAGE_BYTES, 0, &id), ZC_OK);
            CHECK_EQUAL(id, ++sent);
            continue;
        }
        zc_completion completion = completion_of(sender);
        CHECK_EQUAL(completion.id, completed + 1);
        CHECK_EQUAL(completion.zero_copy_bytes, MESSAGE_BYTES);
        CHECK_EQUAL(completion.copied, 0);
        memset(data[completed % 4], 0xee, MESSAGE_BYTES);
        completed++;
    }
    zc_sender_free(sender);
    CHECK_EQUAL(end_of(&receiver, way.out), MESSAGES * MESSAGE_BYTES);
    for (int i = 0; i < 4; i++) {
        munmap(data[i], MESSAGE_BYTES);
    }
}

static void datagrams_are_not_copied(int family, uint16_t segment_bytes) {
    struct connection way = across(family, SOCK_DGRAM);
    zc_sender *sender = sender_on(way.out);
    unsigned char got[DATAGRAM_BYTES];
    void *data;
    CHECK_EQUAL(zc_sender_acquire(sender, DATAGRAM_BYTES, &data), ZC_OK);
    uint64_t id;
    for (uint64_t sent = 0; sent < 20; sent++) {
        fill(data, DATAGRAM_BYTES, sent);
        CHECK_EQUAL(zc_sender_send(sender, data, DATAGRAM_BYTES, segment_bytes, &id), ZC_OK);
        zc_completion completion = completion_of(sender);
        CHECK_EQUAL(completion.id, sent + 1);
        CHECK_EQUAL(completion.zero_copy_bytes, DATAGRAM_BYTES);
        memset(data, 0xee, DATAGRAM_BYTES);
        size_t most = segment_bytes == 0 ? DATAGRAM_BYTES : segment_bytes;
        for (size_t at = 0; at < DATAGRAM_BYTES; at += most) {
            size_t expected = DATAGRAM_BYTES - at < most ? DATAGRAM_BYTES - at : most;
            CHECK_EQUAL(recv(way.in, got, sizeof got, 0), expected);
            check_pattern(got, expected, sent + at);
        }
    }
    zc_sender_free(sender);
    close(way.out);
    close(way.in);
}

/* Everything of a sender is in flight when it ends, and other memory takes the place of its own. */
static void memory_of_a_freed_sender_is_not_seen(void) {
    const size_t bytes = 6 << 20;
    struct connection way = across(AF_INET, SOCK_STREAM);
    zc_sender *sender = sender_on(way.out);
    void *data;
    uint64_t id;
    CHECK_EQUAL(zc_sender_acquire(sender, bytes, &data), ZC_OK);
    fill(data, bytes, 0);
    CHECK_EQUAL(zc_sender_send(sender, data, bytes, 0, &id), ZC_OK);
    zc_sender_state state = {.size = sizeof state};
    CHECK_EQUAL(zc_sender_get_state(sender, &state), ZC_OK);
    CHECK_EQUAL(state.bytes_unsent, 0);
    CHECK(state.bytes_in_flight > 0 && !state.is_copying);
    zc_sender_free(sender);
    void *other = mmap(data, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(other != MAP_FAILED);
    memset(other, 0xee, bytes);
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    CHECK_EQUAL(end_of(&receiver, way.out), bytes);
    munmap(other, bytes);
}

/* As a user without CAP_IPC_LOCK who may lock 64 KiB, as on older kernels. */
static void little_memory_to_lock_means_a_copy(void) {
    struct connection way = across(AF_INET, SOCK_STREAM);
    const struct rlimit limit = {.rlim_cur = 64 << 10, .rlim_max = 64 << 10};
    CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    CHECK(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
    zc_sender *sender = sender_on(way.out);
    struct receiver receiver;
    receive(&receiver, way.in, 0);
    unsigned char *data = malloc(MESSAGE_BYTES);
    uint64_t id;
    uint32_t causes = 0;
    for (uint64_t sent = 0; sent < MESSAGES; sent++) {
        fill(data, MESSAGE_BYTES, sent * MESSAGE_BYTES);
        CHECK_EQUAL(zc_sender_send(sender, data, MESSAGE_BYTES, 0, &id), ZC_OK);
        zc_completion completion = completion_of(sender);
        CHECK_EQUAL(completion.id, id);
        causes |= completion.copied_causes;
    }
    CHECK((causes & ZC_COPIED_NO_BUFFERS) != 0);
    zc_sender_free(sender);
    CHECK_EQUAL(end_of(&receiver, way.out), MESSAGES * MESSAGE_BYTES);
    free(data);
}

int main(void) {
    if (geteuid() != 0) {
        SKIP("only root can make network namespaces and load an XDP program");
    }
    join_the_sides();
    streams_are_not_copied(AF_INET);
    streams_are_not_copied(AF_INET6);
    datagrams_are_not_copied(AF_INET, 0);
    datagrams_are_not_copied(AF_INET6, 0);
    datagrams_are_not_copied(AF_INET, SEGMENT_BYTES);
    datagrams_are_not_copied(AF_INET6, SEGMENT_BYTES);
    memory_of_a_freed_sender_is_not_seen();
    check_in_child(little_memory_to_lock_means_a_copy);
    return 0;
}
