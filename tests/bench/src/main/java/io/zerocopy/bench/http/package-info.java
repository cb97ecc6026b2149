/** HTTP servers, the load they are measured with, and the one of this library. */
package io.zerocopy.bench.http;
