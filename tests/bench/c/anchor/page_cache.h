/* Files that are not in memory. */
#ifndef ZEROCOPY_NIO_BENCH_PAGE_CACHE_H
#define ZEROCOPY_NIO_BENCH_PAGE_CACHE_H

/* Has the page cache forget the file, and makes sure that it has. */
void evict(const char *path);

#endif
