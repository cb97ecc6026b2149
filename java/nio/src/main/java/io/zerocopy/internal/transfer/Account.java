package io.zerocopy.internal.transfer;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;

import java.util.List;
import java.util.Set;

/**
 * The books of one transfer. A header and a trailer are not bytes of the source and not counted.
 *
 * @param delivered bytes of the source that the target has accepted
 * @param consumed bytes taken from the source
 * @param mechanisms those that moved at least one byte
 * @param fallbacks those that were left for another, with their causes
 * @param systemCalls made to move the bytes, as far as the engine makes them itself
 */
public record Account(
        long delivered,
        long consumed,
        Set<Mechanism> mechanisms,
        List<Fallback> fallbacks,
        long systemCalls) {}
