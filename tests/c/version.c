/*
 * Goal: a program can find out which library it runs with.
 * Method: the text of the library against the numbers of the header, which were made together.
 */
#include "support.h"

int main(void) {
    int major, minor, patch;
    CHECK_EQUAL(sscanf(zc_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    CHECK_EQUAL(major, ZC_VERSION_MAJOR);
    CHECK_EQUAL(minor, ZC_VERSION_MINOR);
    CHECK_EQUAL(patch, ZC_VERSION_PATCH);
    CHECK_EQUAL(ZC_VERSION, major * 1000000 + minor * 1000 + patch);
    return 0;
}
