/* What senders and the receiver say to each other, besides the bytes that are measured.
 *
 * A sender announces each burst of transfers by 8 bytes: the mode, then the number of bytes to come
 * as 56 bits, highest first. The receiver answers READY, so that its waking up is not timed, takes
 * exactly that many bytes and answers DONE, so that what is still under way is timed.
 *
 * io.zerocopy.bench.sender.Connection is the same in Java. */
#ifndef ZEROCOPY_NIO_BENCH_WIRE_H
#define ZEROCOPY_NIO_BENCH_WIRE_H

enum { ANNOUNCEMENT_BYTES = 8 };

enum wire_mode {
    /* The receiver sleeps when there is nothing to take, as most programs do. */
    MODE_BLOCKING = 'b',
    /* It asks again at once: no wake-ups, which on virtual machines cost more than the transfer. */
    MODE_SPINNING = 's',
};

enum wire_answer { ANSWER_READY = 'R', ANSWER_DONE = 'D' };

#endif
