/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sparse histogram of absolute int64 values in bounded memory.
 *
 * Bin b holds the values from b * width to (b + 1) * width - 1, negative ones
 * included; the width starts at 64 and doubles. 1024 neighbouring bins make a
 * page, an array of counts. A page is made when 512 values have fallen in its
 * range: as stragglers they would by then take up to as much memory. Until then
 * they are stragglers, kept to their own bin in one list of (bin, count) sorted
 * by bin; new ones wait in a small buffer and are merged into it in batches. A
 * range's stragglers move to its page when that is made. No value is ever lost,
 * or counted in a bin that does not hold it.
 *
 * All histograms of a run share one page_pool. When its limit is spent the
 * width doubles in all of them at once, in place, until there is room. One
 * thread at a time may use a pool and what belongs to it.
 */
#ifndef XRTT_MODEL_HISTOGRAM_H
#define XRTT_MODEL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define PAGE_POOL_BYTES ((size_t)32 << 20)
#define HISTOGRAM_SHIFT_MIN 6 /* bins are 1 << that wide at first */

struct page_pool;
struct histogram;

/*
 * A limit in bytes for the pages, stragglers and buffers of all histograms in
 * the pool; 0 stands for PAGE_POOL_BYTES. It gives way only where it could not
 * even hold one page per histogram at the greatest width. NULL: no memory.
 */
struct page_pool *page_pool_create(size_t limit);

/* The same pool for one more owner, who has to destroy it, too. */
struct page_pool *page_pool_share(struct page_pool *pool);

/* Gone with its last owner, by when all its histograms have to be destroyed.
 * NULL is allowed. */
void page_pool_destroy(struct page_pool *pool);

int64_t page_pool_bin_ns(const struct page_pool *pool); /* width of all bins */
size_t page_pool_used(const struct page_pool *pool);	/* bytes */

/* `pool` is borrowed and must outlive the histogram. NULL: no memory. */
struct histogram *histogram_create(struct page_pool *pool);
void histogram_destroy(struct histogram *h); /* NULL is allowed */

/* 0, or -ENOMEM with the value not counted and all others intact. */
int histogram_add(struct histogram *h, int64_t value);

/*
 * For each of `n` ranks (1 is the smallest value; ascending, none above the
 * number of values) the lower edge of the bin that holds it. 0 or -ENOMEM.
 */
int histogram_find(const struct histogram *h, const uint64_t *rank, size_t n,
		   int64_t *edge);

#endif
