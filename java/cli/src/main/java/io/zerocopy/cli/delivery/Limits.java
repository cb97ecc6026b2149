package io.zerocopy.cli.delivery;

import io.zerocopy.Transfer;
import io.zerocopy.cli.terminal.ByteSize;

import java.time.Duration;

/**
 * What a side allows.
 *
 * @param idle how long nothing may happen; null for ever
 * @param bytesPerSecond null for as many as there can be
 */
public record Limits(Duration idle, ByteSize bytesPerSecond) {
    Transfer.Builder applyTo(Transfer.Builder transfer) {
        if (idle != null) {
            transfer.idleTimeout(idle);
        }
        if (bytesPerSecond != null) {
            transfer.bytesPerSecond(bytesPerSecond.bytes());
        }
        return transfer;
    }
}
