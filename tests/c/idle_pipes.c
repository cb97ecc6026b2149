/*
 * Goal: pipes that the library keeps are closed when nobody uses them, without a call; the thread
 * that does it exists only as long as such pipes, takes no signal, and is started anew in a child.
 * Method: a relay through a pipe of the library's; then the lists of descriptors and of threads,
 * for as long as it takes: a program that hangs is killed.
 */
#include "support.h"

static int threads(void) {
    DIR *folder = opendir("/proc/self/task");
    CHECK(folder != NULL);
    int count = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    closedir(folder);
    return count;
}

static void relay(void) {
    struct connection source = unix_connection(SOCK_STREAM), target = unix_connection(SOCK_STREAM);
    unsigned char bytes[1000] = {0};
    CHECK_EQUAL(write(source.out, bytes, sizeof bytes), sizeof bytes);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, sizeof bytes, NULL, &result), ZC_OK);
    CHECK_EQUAL(result.mechanisms, ZC_MECHANISM_SPLICE);
    CHECK_EQUAL(read(target.in, bytes, sizeof bytes), sizeof bytes);
    close(source.in);
    close(source.out);
    close(target.in);
    close(target.out);
}

/* Whether every thread but this one has the signal blocked. */
static bool others_block(int number) {
    DIR *folder = opendir("/proc/self/task");
    CHECK(folder != NULL);
    bool all = true;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.' || atoi(entry->d_name) == getpid()) {
            continue;
        }
        char name[300], line[200];
        snprintf(name, sizeof name, "/proc/self/task/%s/status", entry->d_name);
        FILE *status = fopen(name, "r");
        unsigned long long blocked = 0;
        while (status != NULL && fgets(line, sizeof line, status) != NULL) {
            sscanf(line, "SigBlk: %llx", &blocked);
        }
        all = all && (blocked >> (number - 1) & 1) == 1;
        fclose(status);
    }
    closedir(folder);
    return all;
}

static void closes_idle_pipes(void) {
    int descriptors = open_descriptors(), others = threads();
    relay();
    CHECK_EQUAL(open_descriptors(), descriptors + 2);
    CHECK_EQUAL(threads(), others + 1);
    CHECK(others_block(SIGUSR1) && others_block(SIGTERM) && others_block(SIGCHLD));
    sigset_t mask;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 && !sigismember(&mask, SIGUSR1));
    relay();
    CHECK_EQUAL(open_descriptors(), descriptors + 2);
    CHECK_EQUAL(threads(), others + 1);
    while (open_descriptors() > descriptors || threads() > others) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    /* And again. */
    relay();
    CHECK_EQUAL(open_descriptors(), descriptors + 2);
    CHECK_EQUAL(threads(), others + 1);
}

/* A child has the pipes of its parent and not the thread: the first transfer closes those. */
static void begins_anew(void) {
    int descriptors = open_descriptors();
    CHECK_EQUAL(threads(), 1);
    relay();
    CHECK_EQUAL(open_descriptors(), descriptors);
    CHECK_EQUAL(threads(), 2);
    while (open_descriptors() > descriptors - 2 || threads() > 1) {
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
}

int main(void) {
    closes_idle_pipes();
    check_in_child(begins_anew);
    return 0;
}
