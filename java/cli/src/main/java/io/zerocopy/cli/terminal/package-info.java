/** What all subcommands read from the command line and show on the terminal. */
package io.zerocopy.cli.terminal;
