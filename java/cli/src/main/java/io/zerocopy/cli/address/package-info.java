/** Addresses of the command line, and sockets that listen there. */
package io.zerocopy.cli.address;
