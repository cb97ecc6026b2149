package io.zerocopy.internal.relay;

import io.zerocopy.Fallback;
import io.zerocopy.Mechanism;
import io.zerocopy.RelayEnd;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * What one direction of a relay has done when it has ended.
 *
 * @param delivered bytes that the target has taken, those of the preface included
 * @param consumed bytes of the preface and those that were taken from the source
 * @param end how it has ended
 * @param failure why, where an end has failed; else null
 * @param mechanisms those that moved at least one byte; unmodifiable
 * @param fallbacks those that were left for another; unmodifiable
 */
public record FlowAccount(
        long delivered,
        long consumed,
        RelayEnd end,
        IOException failure,
        Set<Mechanism> mechanisms,
        List<Fallback> fallbacks) {}
