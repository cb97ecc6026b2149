/*
 * Goal: a header goes before the bytes of the source and a trailer behind them, whole and once, and
 * neither is counted; chunks, pace and progress do what the options ask for.
 * Method: each kind of source and target with parts from nothing to more than a buffer holds; what
 * arrives is header, pattern and trailer. A slow reader, so that parts are sent in pieces.
 */
#include "support.h"

#define PART_BYTES_MAX 300000

static unsigned char header[PART_BYTES_MAX], trailer[PART_BYTES_MAX];

/* Reads everything into memory, in small pieces. */
struct collector {
    pthread_t thread;
    int fd;
    unsigned char *bytes;
    size_t count, room;
};

static void *collect_all(void *argument) {
    struct collector *collector = argument;
    for (;;) {
        CHECK(collector->count < collector->room);
        size_t asked = collector->room - collector->count;
        ssize_t got = read(collector->fd, collector->bytes + collector->count,
                           asked < 30000 ? asked : 30000);
        CHECK(got >= 0);
        if (got == 0) {
            return NULL;
        }
        collector->count += (size_t)got;
    }
}

static void collect(struct collector *collector, int fd, size_t expected) {
    *collector = (struct collector){.fd = fd, .room = expected + 1};
    collector->bytes = malloc(collector->room);
    CHECK(pthread_create(&collector->thread, NULL, collect_all, collector) == 0);
}

static void check_framed(const unsigned char *bytes, size_t header_bytes, uint64_t count,
                         size_t trailer_bytes) {
    CHECK(memcmp(bytes, header, header_bytes) == 0);
    check_pattern(bytes + header_bytes, count, 0);
    CHECK(memcmp(bytes + header_bytes + count, trailer, trailer_bytes) == 0);
}

static zc_options framed(size_t header_bytes, size_t trailer_bytes) {
    zc_options options = ZC_OPTIONS_INIT;
    options.header = header;
    options.header_bytes = header_bytes;
    options.trailer = trailer;
    options.trailer_bytes = trailer_bytes;
    return options;
}

static void frames_for_a_stream(bool is_file, int to, size_t part_bytes, uint64_t count,
                                bool non_blocking) {
    struct connection source = {-1, -1}, target = stream_of(to);
    struct feeder feeder;
    if (is_file) {
        source.in = pattern_file(count);
    } else {
        source = tcp_connection();
        feed(&feeder, source.out, count);
    }
    if (non_blocking) {
        make_non_blocking(target.out);
    }
    struct collector collector;
    collect(&collector, target.in, part_bytes * 2 + count);
    zc_options options = framed(part_bytes, part_bytes);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source.in, NULL, target.out, NULL, UINT64_MAX, &options, &result),
                ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(result.consumed, count);
    close(target.out);
    CHECK(pthread_join(collector.thread, NULL) == 0);
    CHECK_EQUAL(collector.count, part_bytes * 2 + count);
    check_framed(collector.bytes, part_bytes, count, part_bytes);
    free(collector.bytes);
    close(target.in);
    if (!is_file) {
        end_feeder(&feeder);
    }
    close(source.in);
}

static void frames_for_a_file(int flags, bool has_offset) {
    const uint64_t count = 70000;
    int source = pattern_file(count), target = empty_file(flags);
    zc_options options = framed(5000, 6000);
    int64_t offset = 0;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target, has_offset ? &offset : NULL, UINT64_MAX, &options,
                            &result),
                ZC_OK);
    CHECK_EQUAL(result.delivered, count);
    CHECK_EQUAL(file_size(target), 5000 + count + 6000);
    unsigned char *bytes = malloc(5000 + count + 6000);
    CHECK_EQUAL(pread(target, bytes, 5000 + count + 6000, 0), 5000 + count + 6000);
    check_framed(bytes, 5000, count, 6000);
    free(bytes);
    close(source);
    close(target);
}

/* A trailer behind half of what was asked for would be taken for the rest of it. */
static void leaves_the_trailer_out_where_the_source_ended_early(void) {
    int source = pattern_file(1000);
    struct connection target = pipe_connection();
    zc_options options = framed(10, 10);
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target.out, NULL, 1001, &options, &result), ZC_OK);
    CHECK_EQUAL(result.end, ZC_END_SOURCE_ENDED);
    CHECK_EQUAL(result.delivered, 1000);
    unsigned char bytes[2000];
    CHECK_EQUAL(read(target.in, bytes, sizeof bytes), 1010);
    check_framed(bytes, 10, 1000, 0);
    close(source);
    close(target.in);
    close(target.out);
}

struct told {
    pthread_t thread;
    int times;
    uint64_t delivered;
};

static void tell(void *context, uint64_t delivered, uint64_t consumed) {
    struct told *told = context;
    CHECK(pthread_equal(pthread_self(), told->thread));
    CHECK(delivered >= told->delivered && consumed >= delivered);
    told->delivered = delivered;
    told->times++;
}

static void tells_of_progress(bool has_slow_reader) {
    const uint64_t count = 3 << 20;
    int source = pattern_file(count);
    struct connection target = unix_connection(SOCK_STREAM);
    struct receiver receiver;
    if (has_slow_reader) {
        receive_slowly(&receiver, target.in, 1 << 16, 10000);
    } else {
        receive(&receiver, target.in, 0);
    }
    struct told told = {.thread = pthread_self()};
    zc_options options = ZC_OPTIONS_INIT;
    options.on_progress = tell;
    options.progress_context = &told;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target.out, NULL, count, &options, &result), ZC_OK);
    CHECK_EQUAL(told.delivered, count);
    CHECK(told.times >= 1);
    /* At most ten times a second, and once at the end. */
    CHECK((uint64_t)told.times <= result.elapsed_ns / 100000000 + 1);
    CHECK(!has_slow_reader || told.times > 1);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
    close(source);
}

static void cuts_into_chunks(uint32_t mechanism) {
    const uint64_t count = 100000;
    int source = pattern_file(count);
    struct connection target = tcp_connection();
    struct receiver receiver;
    receive(&receiver, target.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.mechanisms = mechanism;
    options.chunk_bytes = 1000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target.out, NULL, count, &options, &result), ZC_OK);
    CHECK(result.system_calls >= count / 1000);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
    close(source);
}

/* The peer reads only after the file was changed. */
static void sends_what_the_file_was_where_that_is_asked_for(uint32_t flags) {
    int source = pattern_file(30000);
    struct connection target = tcp_connection();
    zc_options options = ZC_OPTIONS_INIT;
    options.flags = flags;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target.out, NULL, 30000, &options, &result), ZC_OK);
    CHECK_EQUAL(result.mechanisms, flags != 0 ? ZC_MECHANISM_COPY : ZC_MECHANISM_SENDFILE);
    if (flags != 0) {
        static const unsigned char other[30000];
        CHECK_EQUAL(pwrite(source, other, sizeof other, 0), sizeof other);
    }
    close(target.out);
    CHECK_EQUAL(read_rest(target.in, 0), 30000);
    close(source);
}

static void keeps_to_its_pace(void) {
    const uint64_t count = 500000;
    int source = pattern_file(count);
    struct connection target = tcp_connection();
    struct receiver receiver;
    receive(&receiver, target.in, 0);
    zc_options options = ZC_OPTIONS_INIT;
    options.bytes_per_second = 2000000;
    zc_result result = ZC_RESULT_INIT;
    CHECK_EQUAL(zc_transfer(source, NULL, target.out, NULL, count, &options, &result), ZC_OK);
    /* At first an eighth of a second's bytes go at once; never can it be faster than that. */
    CHECK(result.elapsed_ns >= (count - 250000) / 2 * 1000);
    CHECK_EQUAL(end_of(&receiver, target.out), count);
    close(source);
}

int main(void) {
    for (size_t i = 0; i < PART_BYTES_MAX; i++) {
        header[i] = (unsigned char)(i % 251);
        trailer[i] = (unsigned char)(i % 241 + 3);
    }
    const size_t parts[] = {1, 200, 5000, PART_BYTES_MAX};
    const uint64_t counts[] = {0, 1, 3000, 200000};
    for (int to = 0; to < 3; to++) {
        for (int part = 0; part < 4; part++) {
            for (int i = 0; i < 4; i++) {
                frames_for_a_stream(true, to, parts[part], counts[i], i % 2 == 0);
                frames_for_a_stream(false, to, parts[part], counts[i], i % 2 == 1);
            }
        }
    }
    frames_for_a_file(0, false);
    frames_for_a_file(0, true);
    frames_for_a_file(O_APPEND, false);
    leaves_the_trailer_out_where_the_source_ended_early();
    tells_of_progress(false);
    tells_of_progress(true);
    cuts_into_chunks(0);
    cuts_into_chunks(ZC_MECHANISM_COPY);
    sends_what_the_file_was_where_that_is_asked_for(0);
    sends_what_the_file_was_where_that_is_asked_for(ZC_FLAG_STABLE);
    keeps_to_its_pace();
    return 0;
}
