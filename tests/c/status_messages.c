/*
 * Goal: every status has words of its own, and a number that is no status has some too.
 * Method: all statuses against each other, then numbers that were never given.
 */
#include "support.h"

#include <limits.h>

int main(void) {
    const int statuses[] = {ZC_OK, ZC_SYSTEM, ZC_NULL_ARGUMENT, ZC_INVALID_ARGUMENT,
                            ZC_UNSUPPORTED, ZC_PANIC, ZC_TIMED_OUT, ZC_IDLE_TIMED_OUT,
                            ZC_CANCELLED};
    const int count = sizeof statuses / sizeof *statuses;
    const char *unknown = zc_status_message(count);
    CHECK(unknown != NULL && strstr(unknown, "unknown") != NULL);
    for (int i = 0; i < count; i++) {
        CHECK_EQUAL(statuses[i], i);
        const char *message = zc_status_message(statuses[i]);
        CHECK(message != NULL && strlen(message) > 0);
        CHECK(strcmp(message, unknown) != 0);
        for (int other = 0; other < i; other++) {
            CHECK(strcmp(message, zc_status_message(other)) != 0);
        }
    }
    const int never_given[] = {-1, INT_MIN, INT_MAX, 1000};
    for (size_t i = 0; i < sizeof never_given / sizeof *never_given; i++) {
        CHECK(strcmp(zc_status_message(never_given[i]), unknown) == 0);
    }
    return 0;
}
