/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/histogram_parts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_WORTH 512

size_t histogram_page(const struct histogram *h, int64_t number)
{
	size_t lo = 0, hi = h->pages;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (h->page[mid].number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool histogram_count(struct histogram *h, int64_t bin, uint64_t by)
{
	int64_t number = bin >> PAGE_SHIFT;

	if (h->hint >= h->pages || h->page[h->hint].number != number)
		h->hint = histogram_page(h, number);
	if (h->hint == h->pages || h->page[h->hint].number != number)
		return false;
	h->page[h->hint].sum += by;
	h->page[h->hint].count[bin & (PAGE_BINS - 1)] += by;
	return true;
}

struct histogram *histogram_create(struct page_pool *pool)
{
	struct histogram *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	page_pool_book(pool, sizeof(*h));
	h->pool = pool;
	h->next = pool->first;
	pool->first = h;
	return h;
}

void histogram_destroy(struct histogram *h)
{
	struct histogram **link;

	if (!h)
		return;
	for (link = &h->pool->first; *link != h; link = &(*link)->next)
		;
	*link = h->next;
	h->pool->used -= sizeof(*h) + h->pages * PAGE_BYTES +
			 h->page_room * sizeof(*h->page) +
			 h->few_room * sizeof(*h->few);
	for (size_t i = 0; i < h->pages; i++)
		free(h->page[i].count);
	free(h->page);
	free(h->few);
	free(h);
}

static int compare_bins(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int reserve_stragglers(struct histogram *h)
{
	size_t room = h->fews + h->fews / 4 + WAITING;
	size_t more;
	struct straggler *few;

	if (h->fews + h->waits <= h->few_room)
		return 0;
	more = (room - h->few_room) * sizeof(*few);
	page_pool_book(h->pool, more);
	/* Coarsening may have shrunk the list: what was booked is what the list
	 * grows by, and it still suffices. */
	room = h->few_room + more / sizeof(*few);
	few = realloc(h->few, room * sizeof(*few));
	if (!few) {
		h->pool->used -= more;
		return -ENOMEM;
	}
	h->few = few;
	h->few_room = room;
	return 0;
}

static void merge_waiting(struct histogram *h)
{
	size_t to = h->fews + h->waits, from = h->fews, kept = 0;

	qsort(h->waiting, h->waits, sizeof(*h->waiting), compare_bins);
	h->fews = to;
	while (h->waits) {
		int64_t bin = h->waiting[h->waits - 1];

		if (from && h->few[from - 1].bin > bin) {
			h->few[--to] = h->few[--from];
		} else {
			h->few[--to] = (struct straggler){ bin, 1 };
			h->waits--;
		}
	}
	for (size_t i = 0; i < h->fews; i++) {
		struct straggler s = h->few[i];

		if (kept && h->few[kept - 1].bin == s.bin)
			h->few[kept - 1].count += s.count;
		else
			h->few[kept++] = s;
	}
	h->fews = kept;
}

static bool make_page(struct histogram *h, int64_t number)
{
	size_t at = histogram_page(h, number);
	uint64_t *count = calloc(PAGE_BINS, sizeof(*count));

	if (!count)
		return false;
	if (h->pages == h->page_room) {
		size_t room = h->page_room + h->page_room / 2 + 16;
		struct page *page = realloc(h->page, room * sizeof(*page));

		if (!page) {
			free(count);
			return false;
		}
		h->pool->used += (room - h->page_room) * sizeof(*page);
		h->page = page;
		h->page_room = room;
	}
	memmove(h->page + at + 1, h->page + at,
		(h->pages - at) * sizeof(*h->page));
	h->page[at] = (struct page){ number, 0, count };
	h->pages++;
	return true;
}

/* The end of the run of stragglers from `start` that share a range. */
static size_t range_end(const struct histogram *h, size_t start, uint64_t *sum)
{
	int64_t number = h->few[start].bin >> PAGE_SHIFT;
	size_t end = start;

	*sum = 0;
	while (end < h->fews && h->few[end].bin >> PAGE_SHIFT == number)
		*sum += h->few[end++].count;
	return end;
}

static void promote_ranges(struct histogram *h)
{
	size_t i = 0, kept = 0, end;
	uint64_t sum;

	while (i < h->fews) {
		int shift = h->pool->shift;

		end = range_end(h, i, &sum);
		if (sum < PAGE_WORTH) {
			i = end;
			continue;
		}
		page_pool_book(h->pool, PAGE_BYTES);
		if (h->pool->shift != shift) {
			h->pool->used -= PAGE_BYTES;
			i = 0;
			continue;
		}
		if (!make_page(h, h->few[i].bin >> PAGE_SHIFT)) {
			h->pool->used -= PAGE_BYTES;
			break;
		}
		for (; i < end; i++) {
			histogram_count(h, h->few[i].bin, h->few[i].count);
			h->few[i].count = 0;
		}
	}
	for (i = 0; i < h->fews; i++) {
		if (h->few[i].count)
			h->few[kept++] = h->few[i];
	}
	h->fews = kept;
}

int histogram_add(struct histogram *h, int64_t value)
{
	int64_t bin;

	if (h->waits == WAITING) {
		int err = reserve_stragglers(h);

		if (err)
			return err;
		merge_waiting(h);
		promote_ranges(h);
	}
	bin = value >> h->pool->shift;
	if (!histogram_count(h, bin, 1))
		h->waiting[h->waits++] = bin;
	return 0;
}

/* Goes through all counts, bins ascending. */
struct walk {
	const struct histogram *h;
	int64_t *waiting; /* sorted */
	size_t page, slot, few, wait;
};

/* One count of the page, perhaps 0; all of them at once if that leaves some of
 * the `least` values that are still to pass. */
static void walk_page(struct walk *w, uint64_t least, struct straggler *out)
{
	const struct page *page = &w->h->page[w->page];

	out->bin = page->number * PAGE_BINS + (int64_t)w->slot;
	if (!w->slot && page->sum < least) {
		out->count = page->sum;
		w->slot = PAGE_BINS;
	} else {
		out->count = page->count[w->slot++];
	}
	if (w->slot == PAGE_BINS) {
		w->page++;
		w->slot = 0;
	}
}

/* Where a range has a page it has no stragglers. */
static bool walk_next(struct walk *w, uint64_t least, struct straggler *out)
{
	size_t *source = NULL;

	if (w->few < w->h->fews) {
		*out = w->h->few[w->few];
		source = &w->few;
	}
	if (w->wait < w->h->waits &&
	    (!source || w->waiting[w->wait] < out->bin)) {
		*out = (struct straggler){ w->waiting[w->wait], 1 };
		source = &w->wait;
	}
	if (w->page < w->h->pages &&
	    (!source || w->h->page[w->page].number < out->bin >> PAGE_SHIFT)) {
		walk_page(w, least, out);
		return true;
	}
	if (!source)
		return false;
	++*source;
	return true;
}

int histogram_find(const struct histogram *h, const uint64_t *rank, size_t n,
		   int64_t *edge)
{
	struct walk w = { .h = h };
	struct straggler at;
	uint64_t below = 0;
	size_t i = 0;

	w.waiting = malloc(sizeof(h->waiting));
	if (!w.waiting)
		return -ENOMEM;
	memcpy(w.waiting, h->waiting, h->waits * sizeof(*w.waiting));
	qsort(w.waiting, h->waits, sizeof(*w.waiting), compare_bins);
	while (i < n && walk_next(&w, rank[i] - below, &at)) {
		below += at.count;
		for (; i < n && rank[i] <= below; i++)
			edge[i] = at.bin * page_pool_bin_ns(h->pool);
	}
	free(w.waiting);
	return 0;
}
