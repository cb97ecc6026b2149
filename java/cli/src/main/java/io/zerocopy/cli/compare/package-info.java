/**
 * The classic transferTo experiment, for {@code zerocopy-nio compare}.
 *
 * <p>{@link io.zerocopy.cli.compare.Experiment} runs it: it sends {@linkplain
 * io.zerocopy.cli.compare.Subject files} by each {@linkplain io.zerocopy.cli.compare.SendMethod
 * method} through a {@link io.zerocopy.cli.compare.Sender} to a {@link
 * io.zerocopy.cli.compare.Receiver} in another process. The outcome, {@link
 * io.zerocopy.cli.compare.Results}, goes to a text report, CSV files and charts.
 */
package io.zerocopy.cli.compare;
