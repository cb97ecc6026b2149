/* Attaches an XDP program that lets every packet pass to a network interface, natively, and holds
 * it there until it is killed.
 *
 *   xdp_pass INTERFACE
 *
 * Prints "attached", or why it can't, and then ends. Needs CAP_NET_ADMIN and CAP_BPF. What it is
 * good for: tests/rig/veth-xdp. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t address_of(const void *memory) { return (uint64_t)(uintptr_t)memory; }

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

/* return XDP_PASS; for packets of several pages too, which a large MTU makes. */
static int load_program(void) {
    const struct bpf_insn instructions[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_XDP;
    attributes.insns = address_of(instructions);
    attributes.insn_cnt = sizeof instructions / sizeof *instructions;
    attributes.license = address_of("Apache-2.0");
    attributes.expected_attach_type = BPF_XDP;
    attributes.prog_flags = BPF_F_XDP_HAS_FRAGS;
    return bpf(BPF_PROG_LOAD, &attributes);
}

static int attach(int program, unsigned interface) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.link_create.prog_fd = (uint32_t)program;
    attributes.link_create.target_ifindex = interface;
    attributes.link_create.attach_type = BPF_XDP;
    attributes.link_create.flags = XDP_FLAGS_DRV_MODE;
    return bpf(BPF_LINK_CREATE, &attributes);
}

static int fail(const char *what) {
    printf("%s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: xdp_pass INTERFACE\n");
        return EXIT_FAILURE;
    }
    unsigned interface = if_nametoindex(argv[1]);
    if (interface == 0) {
        return fail(argv[1]);
    }
    int program = load_program();
    if (program < 0) {
        return fail("can't load an XDP program");
    }
    if (attach(program, interface) < 0) {
        return fail("can't attach an XDP program");
    }
    puts("attached");
    fflush(stdout);
    pause();
    return EXIT_SUCCESS;
}
