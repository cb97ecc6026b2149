/*
 * Goal: the runs under AddressSanitizer would find what they are made to find: a clean run that the
 * sanitizer was not in proves nothing.
 * Method: children overflow a heap block, one in compiled code and one in a system call, which is
 * where the sanitizer sees the library too, and one loses a block. All must die of its report.
 * Skipped where the program was compiled without it.
 */
#include "support.h"

#if HAS_SANITIZER
#define SANITIZER_EXIT_CODE 99

const char *__asan_default_options(void) { return "exitcode=99"; }

#define BLOCK_BYTES 10

static void overflow(void) {
    volatile size_t size = BLOCK_BYTES;
    char *block = malloc(size);
    block[size] = 1;
    free(block);
}

static void overflow_in_a_system_call(void) {
    volatile size_t size = BLOCK_BYTES;
    char *block = malloc(size);
    int file = pattern_file(2 * BLOCK_BYTES);
    CHECK(pread(file, block, size + 1, 0) > 0);
    free(block);
}

/* The leaks of the library are found in the same way, when a program ends. */
static void leak(void) {
    void *volatile block = malloc(BLOCK_BYTES);
    block = NULL;
    exit(block != NULL);
}

static void check_dies(void (*body)(void)) {
    int status = run_in_child(body);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL(WEXITSTATUS(status), SANITIZER_EXIT_CODE);
}

int main(void) {
    /* The reports are expected, so nobody has to read them. */
    CHECK(freopen("/dev/null", "w", stderr) != NULL);
    check_dies(overflow);
    check_dies(overflow_in_a_system_call);
    check_dies(leak);
    return 0;
}
#else
int main(void) { SKIP("compiled without AddressSanitizer"); }
#endif
