/**
 * Zero-copy transfers beside {@code java.nio}: {@link io.zerocopy.ZeroCopy} is where to begin.
 *
 * <p>Everything outside this package is internal and not exported.
 */
package io.zerocopy;
