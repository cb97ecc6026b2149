/* What movers and the peer say to each other, besides the bytes that are measured.
 *
 * A mover announces by 8 bytes what comes next on a connection: the mode, then a number of 56 bits,
 * highest first. The peer answers READY, so that its waking up is not timed. Then, by the mode:
 *
 *   the peer takes   exactly that many bytes, and answers DONE, so that what is still under way is
 *                    timed
 *   the peer feeds   it waits for the byte GO, and sends that many bytes
 *   a pipe           the number names a pipe of the mover; on this connection the bytes of later
 *                    announcements come through that pipe, and only the answers through it
 *
 * io.zerocopy.bench.mover.Connection is the same in Java. */
#ifndef ZEROCOPY_NIO_BENCH_WIRE_H
#define ZEROCOPY_NIO_BENCH_WIRE_H

enum { ANNOUNCEMENT_BYTES = 8 };

enum wire_mode {
    /* Discards; sleeps when there is nothing to take, as most programs do. */
    MODE_BLOCKING = 'b',
    /* Discards; asks again at once: no wake-ups, which on virtual machines cost more than the
     * transfer. */
    MODE_SPINNING = 's',
    /* Reads into memory; sleeps when there is nothing. */
    MODE_READING = 'r',
    /* Sends. */
    MODE_FEEDING = 'f',
    /* Says which pipe: the process in the highest 24 bits of the number, its descriptor below. */
    MODE_PIPE = 'p',
};

enum { PIPE_DESCRIPTOR_BITS = 32 };

enum wire_answer { ANSWER_READY = 'R', ANSWER_DONE = 'D' };

enum { GO = 'G' };

#endif
