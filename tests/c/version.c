/* The library tells its version, which is three numbers. */

#include <stdio.h>
#include <zerocopy_nio.h>

int main(void) {
    int major, minor, patch;
    int found = sscanf(zc_version(), "%d.%d.%d", &major, &minor, &patch);
    if (found != 3) {
        fprintf(stderr, "zc_version() is \"%s\"\n", zc_version());
        return 1;
    }
    return 0;
}
