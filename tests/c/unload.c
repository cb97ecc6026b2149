/*
 * Goal: a program may unload the library while a pipe of it lies idle: the thread that will close
 * it keeps its code, and ends as it would have. The threads of an engine have ended with it.
 * Method: a copy of the library is loaded, used and unloaded; the pipe must be closed later on, and
 * an engine that was freed before leaves neither thread nor descriptor.
 * Skipped where the library was linked into the program.
 */
#include "support.h"

#include <dlfcn.h>
#include <sys/sendfile.h>

static void copy_library(const char *name) {
    Dl_info library, program;
    const char *(*version)(void) = zc_version;
    int (*own)(void (*)(void)) = run_in_child;
    void *address, *own_address;
    memcpy(&address, &version, sizeof address);
    memcpy(&own_address, &own, sizeof own_address);
    CHECK(dladdr(address, &library) != 0 && dladdr(own_address, &program) != 0);
    if (library.dli_fbase == program.dli_fbase) {
        SKIP("the library is linked into this program");
    }
    int from = open(library.dli_fname, O_RDONLY), to = open(name, O_WRONLY | O_TRUNC);
    CHECK(from >= 0 && to >= 0);
    for (int64_t left = file_size(from); left > 0;) {
        ssize_t copied = sendfile(to, from, NULL, (size_t)left);
        CHECK(copied > 0);
        left -= copied;
    }
    close(from);
    close(to);
}

/* Finds a function of the library; ISO C has no cast from what dlsym gives. */
static void find(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    CHECK(address != NULL);
    memcpy(function, &address, sizeof address);
}

static void relay_by(void *library) {
    zc_status (*transfer)(int, int64_t *, int, int64_t *, uint64_t, const zc_options *,
                          zc_result *);
    find(library, "zc_transfer", &transfer);
    struct connection source = unix_connection(SOCK_STREAM), target = unix_connection(SOCK_STREAM);
    CHECK_EQUAL(write(source.out, "x", 1), 1);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(transfer(source.in, NULL, target.out, NULL, 1, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_SPLICE);
    close(source.in);
    close(source.out);
    close(target.in);
    close(target.out);
}

static void relay_by_an_engine_of(void *library) {
    zc_status (*new_engine)(const zc_engine_options *, zc_result *, zc_engine **);
    zc_status (*start)(zc_engine *, int, int, const zc_relay_options *, uint64_t *, zc_result *);
    zc_status (*free_engine)(zc_engine *);
    find(library, "zc_engine_new", &new_engine);
    find(library, "zc_relay_start", &start);
    find(library, "zc_engine_free", &free_engine);
    struct connection a = unix_connection(SOCK_STREAM), b = unix_connection(SOCK_STREAM);
    zc_engine *engine;
    zc_result result = ZC_RESULT_INIT;
    char got;
    CHECK_EQUAL(new_engine(NULL, &result, &engine), ZC_OK);
    CHECK_EQUAL(start(engine, a.in, b.in, NULL, NULL, &result), ZC_OK);
    CHECK_EQUAL(write(a.out, "x", 1), 1);
    CHECK_EQUAL(read(b.out, &got, 1), 1);
    CHECK_EQUAL(free_engine(engine), ZC_OK);
    close(a.out);
    close(b.out);
}

int main(void) {
    char name[] = "/tmp/zerocopy-nio-test-XXXXXX";
    int made = mkstemp(name);
    CHECK(made >= 0);
    close(made);
    copy_library(name);
    int before = open_descriptors();
    void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    unlink(name);
    if (library == NULL) {
        SKIP("a library can't be loaded from /tmp: %s", dlerror());
    }
    relay_by_an_engine_of(library);
    CHECK_EQUAL(open_descriptors(), before);
    relay_by(library);
    CHECK_EQUAL(open_descriptors(), before + 2);
    CHECK_EQUAL(dlclose(library), 0);
    while (open_descriptors() > before) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    /* The last thing that the thread does comes after that. */
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    return 0;
}
