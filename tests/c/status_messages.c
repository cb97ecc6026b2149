/*
 * Goal: every status has words of its own, and a number that is no status has some too.
 * Method: all statuses against each other, then numbers that were never given.
 */
#include "support.h"

#include <limits.h>

int main(void) {
    const int statuses[] = {ZC_OK, ZC_SYSTEM, ZC_NULL_ARGUMENT, ZC_INVALID_ARGUMENT,
                            ZC_UNSUPPORTED, ZC_PANIC, ZC_TIMED_OUT, ZC_IDLE_TIMED_OUT,
                            ZC_CANCELLED, ZC_FULL};
    const int count = sizeof statuses / sizeof *statuses;
    const char *unknown = zc_status_message(ZC_FULL + 1);
    CHECK(unknown != NULL && strstr(unknown, "unknown") != NULL);
    CHECK_EQUAL(ZC_OK, 0);
    for (int i = 0; i < count; i++) {
        CHECK(i == 0 || statuses[i] > statuses[i - 1]);
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
