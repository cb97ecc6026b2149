/*
 * Goal: the library exports its two faces and nothing else, so that it disturbs no program that
 * loads it.
 * Method: the dynamic symbols of the very file that this program runs with, as nm lists them.
 * Skipped where the library was linked into the program.
 */
#include "support.h"

#include <dlfcn.h>

static bool is_exported_on_purpose(const char *name) {
    const char *names[] = {"zc_transfer", "zc_plan_describe", "zc_pump_new", "zc_pump_step",
                           "zc_pump_cancel", "zc_pump_free", "zc_capabilities",
                           "zc_status_message", "zc_version", "zc_sender_new",
                           "zc_sender_free", "zc_sender_send", "zc_sender_reap",
                           "zc_sender_wait", "zc_sender_acquire", "zc_sender_release",
                           "zc_sender_fd", "zc_sender_get_state", "zc_engine_new",
                           "zc_engine_free", "zc_engine_fd", "zc_engine_completed",
                           "zc_relay_start", "zc_relay_close", "zc_relay_delivered",
                           "JNI_OnLoad", "JNI_OnUnload"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

int main(void) {
    Dl_info library, program;
    const char *(*version)(void) = zc_version;
    int (*own)(void) = main;
    void *address, *own_address;
    memcpy(&address, &version, sizeof address);
    memcpy(&own_address, &own, sizeof own_address);
    CHECK(dladdr(address, &library) != 0 && dladdr(own_address, &program) != 0);
    if (library.dli_fbase == program.dli_fbase) {
        SKIP("the library is linked into this program");
    }
    char command[4200], name[500];
    snprintf(command, sizeof command, "nm -D --defined-only --format=posix '%s'",
             library.dli_fname);
    FILE *symbols = popen(command, "r");
    CHECK(symbols != NULL);
    int count = 0;
    while (fscanf(symbols, "%499s%*[^\n]", name) == 1) {
        if (!is_exported_on_purpose(name)) {
            fprintf(stderr, "%s exports %s\n", library.dli_fname, name);
            return 1;
        }
        count++;
    }
    CHECK_EQUAL(pclose(symbols), 0);
    CHECK_EQUAL(count, 27);
    return 0;
}
