/**
 * The differential suite: each scenario runs on the JDK's method and on the library's, on ends made
 * alike, and everything that can be seen of the two answers is compared. What is meant to differ is
 * a {@link io.zerocopy.differential.NamedDifference}.
 */
package io.zerocopy.differential;
