/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/histogram_parts.h"

#include <stdlib.h>
#include <string.h>

#define SHIFT_MAX 52 /* all of int64 in four ranges */

struct page_pool *page_pool_create(size_t limit)
{
	struct page_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->owners = 1;
	pool->limit = limit ? limit : PAGE_POOL_BYTES;
	pool->shift = HISTOGRAM_SHIFT_MIN;
	return pool;
}

struct page_pool *page_pool_share(struct page_pool *pool)
{
	pool->owners++;
	return pool;
}

void page_pool_destroy(struct page_pool *pool)
{
	if (pool && !--pool->owners)
		free(pool);
}

int64_t page_pool_bin_ns(const struct page_pool *pool)
{
	return INT64_C(1) << pool->shift;
}

size_t page_pool_used(const struct page_pool *pool)
{
	return pool->used;
}

/* Two bins become one; the page's counts end up in the half of the doubled
 * range that it was. */
static void page_fold(struct page *page)
{
	size_t half = page->number & 1 ? PAGE_BINS / 2 : 0;
	uint64_t *c = page->count;

	for (size_t i = 0; i < PAGE_BINS / 2; i++)
		c[i] = c[2 * i] + c[2 * i + 1];
	if (half)
		memcpy(c + half, c, PAGE_BYTES / 2);
	memset(c + PAGE_BINS / 2 - half, 0, PAGE_BYTES / 2);
	page->number >>= 1;
}

static void coarsen_pages(struct histogram *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->pages; i++) {
		struct page *page = &h->page[i];

		page_fold(page);
		if (!kept || h->page[kept - 1].number != page->number) {
			h->page[kept++] = *page;
			continue;
		}
		for (size_t j = 0; j < PAGE_BINS; j++)
			h->page[kept - 1].count[j] += page->count[j];
		h->page[kept - 1].sum += page->sum;
		free(page->count);
		h->pool->used -= PAGE_BYTES;
	}
	h->pages = kept;
}

static void coarsen_stragglers(struct histogram *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->fews; i++) {
		struct straggler s = h->few[i];

		s.bin >>= 1;
		if (histogram_count(h, s.bin, s.count))
			continue;
		if (kept && h->few[kept - 1].bin == s.bin)
			h->few[kept - 1].count += s.count;
		else
			h->few[kept++] = s;
	}
	h->fews = kept;
	kept = 0;
	for (size_t i = 0; i < h->waits; i++) {
		int64_t bin = h->waiting[i] >> 1;

		if (!histogram_count(h, bin, 1))
			h->waiting[kept++] = bin;
	}
	h->waits = kept;
}

static void shrink_stragglers(struct histogram *h)
{
	size_t room = h->fews + WAITING;
	struct straggler *few;

	if (room >= h->few_room)
		return;
	few = realloc(h->few, room * sizeof(*few));
	if (!few)
		return;
	h->few = few;
	h->pool->used -= (h->few_room - room) * sizeof(*few);
	h->few_room = room;
}

/* Allocates nothing, so that the width is always the same everywhere. */
static void pool_coarsen(struct page_pool *pool)
{
	for (struct histogram *h = pool->first; h; h = h->next) {
		coarsen_pages(h);
		coarsen_stragglers(h);
		shrink_stragglers(h);
	}
	pool->shift++;
}

void page_pool_book(struct page_pool *pool, size_t bytes)
{
	while (pool->used + bytes > pool->limit && pool->shift < SHIFT_MAX)
		pool_coarsen(pool);
	pool->used += bytes;
}
