/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What histogram.c and page_pool.c share, and nobody else sees.
 */
#ifndef XRTT_MODEL_HISTOGRAM_PARTS_H
#define XRTT_MODEL_HISTOGRAM_PARTS_H

#include <stdbool.h>

#include "model/histogram.h"

#define PAGE_SHIFT 10
#define PAGE_BINS (1 << PAGE_SHIFT)
#define PAGE_BYTES (PAGE_BINS * sizeof(uint64_t))
#define WAITING 4096

struct page {
	int64_t number;	 /* bin >> PAGE_SHIFT */
	uint64_t sum;	 /* of all counts */
	uint64_t *count; /* PAGE_BINS of them */
};

struct straggler {
	int64_t bin;
	uint64_t count; /* 0: moved to a page, awaiting removal */
};

struct histogram {
	struct page_pool *pool;
	struct histogram *next;
	struct page *page; /* ascending */
	size_t pages, page_room;
	size_t hint; /* the page hit last */
	struct straggler *few;
	size_t fews, few_room;
	int64_t waiting[WAITING];
	size_t waits;
};

struct page_pool {
	struct histogram *first;
	unsigned int owners;
	size_t used, limit;
	int shift; /* bins are 1 << shift wide */
};

/* Index of the first page whose number is not below `number`. */
size_t histogram_page(const struct histogram *h, int64_t number);

/* Adds to the bin's count; false if its range has no page. */
bool histogram_count(struct histogram *h, int64_t bin, uint64_t by);

/* Books memory that is about to be allocated. Bins may widen meanwhile, and
 * stragglers and pages of all histograms merge. */
void page_pool_book(struct page_pool *pool, size_t bytes);

#endif
