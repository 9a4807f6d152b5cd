/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/segment.h"

#include <errno.h>
#include <stdlib.h>

#include "model/distribution.h"
#include "model/shift.h"

#define BOUND_MIN 64
#define ROOM_MIN 64
#define BLOCK_SAMPLES 8
#define BLOCK_NS (250 * NSEC_PER_MSEC)

/* One sample, standing for `stride` of them. */
struct kept {
	int64_t at_ns;
	int64_t value_ns;
	int64_t min_ns;
};

struct segmenter {
	size_t bound, limit; /* of entries: at first, and from now on */
	struct kept *kept;
	size_t n, room;
	uint64_t stride;
	uint64_t taken; /* samples */
};

/* Blocks of about equally many samples. */
struct cut {
	const struct segmenter *g;
	size_t blocks;
};

struct segmenter *segmenter_create(size_t bound)
{
	struct segmenter *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->bound = bound ? bound / 4 * 4 : SEGMENTER_BOUND;
	if (g->bound < BOUND_MIN)
		g->bound = BOUND_MIN;
	g->limit = g->bound;
	g->stride = 1;
	return g;
}

void segmenter_destroy(struct segmenter *g)
{
	if (!g)
		return;
	free(g->kept);
	free(g);
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void thin(struct segmenter *g)
{
	for (size_t i = 0; i < g->n / 2; i++) {
		struct kept *to = &g->kept[i];
		const struct kept *from = &g->kept[2 * i];
		int64_t min = lesser(from[0].min_ns, from[1].min_ns);

		*to = *from;
		to->min_ns = min;
	}
	g->n /= 2;
	g->stride *= 2;
}

/* Past the bound half of the memory will do. */
static void make_room(struct segmenter *g)
{
	struct kept *kept;

	thin(g);
	if (g->limit < g->bound)
		return;
	thin(g);
	g->limit = g->bound / 2;
	g->room = g->limit;
	kept = realloc(g->kept, g->room * sizeof(*kept));
	if (kept)
		g->kept = kept;
}

static int reserve(struct segmenter *g)
{
	size_t room = g->room ? 2 * g->room : ROOM_MIN;
	struct kept *kept;

	if (g->n < g->room)
		return 0;
	if (room > g->bound)
		room = g->bound;
	kept = realloc(g->kept, room * sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	g->kept = kept;
	g->room = room;
	return 0;
}

int segmenter_add(struct segmenter *g, span_t offset, span_t network)
{
	int err;

	if (g->n == g->limit && !(g->taken & (g->stride - 1)))
		make_room(g);
	if (g->taken & (g->stride - 1)) {
		struct kept *last = &g->kept[g->n - 1];

		last->min_ns = lesser(last->min_ns, network.ns);
	} else {
		err = reserve(g);
		if (err)
			return err;
		g->kept[g->n++] =
			(struct kept){ offset.ns, network.ns, network.ns };
	}
	g->taken++;
	return 0;
}

static struct cut cut_blocks(const struct segmenter *g)
{
	struct cut cut = { .g = g };
	int64_t lasts;

	if (!g->n)
		return cut;
	lasts = g->kept[g->n - 1].at_ns - g->kept[0].at_ns;
	cut.blocks = g->n / BLOCK_SAMPLES;
	if (cut.blocks > (uint64_t)lasts / BLOCK_NS)
		cut.blocks = (uint64_t)lasts / BLOCK_NS;
	if (cut.blocks > SHIFT_BLOCKS)
		cut.blocks = SHIFT_BLOCKS;
	return cut;
}

static size_t block_start(const struct cut *cut, size_t block)
{
	return cut->g->n * block / cut->blocks;
}

static void fill_blocks(const struct cut *cut, struct shift_block *out)
{
	const struct segmenter *g = cut->g;

	for (size_t b = 0; b < cut->blocks; b++) {
		size_t i = block_start(cut, b), end = block_start(cut, b + 1);

		out[b].from_ns = g->kept[i].at_ns;
		out[b].min_ns = g->kept[i].min_ns;
		for (; i < end; i++)
			out[b].min_ns =
				lesser(out[b].min_ns, g->kept[i].min_ns);
		out[b].to_ns = g->kept[end < g->n ? end : end - 1].at_ns;
	}
}

/* The first sample after the shift: after the last low one, where it rises;
 * the first low one, where it falls. */
static size_t place_shift(const struct cut *cut, const struct shift *shift)
{
	const struct kept *kept = cut->g->kept;
	size_t start = block_start(cut, shift->at);
	size_t i = start;

	if (shift->rises) {
		while (i > block_start(cut, shift->at - 1) &&
		       kept[i - 1].min_ns > shift->divide_ns)
			i--;
		return i > block_start(cut, shift->at - 1) ? i : start;
	}
	while (i < block_start(cut, shift->at + 1) &&
	       kept[i].min_ns > shift->divide_ns)
		i++;
	return i < block_start(cut, shift->at + 1) ? i : start;
}

static int fill_segment(const struct segmenter *g, struct page_pool *pool,
			size_t start, size_t end, struct segment *out)
{
	struct distribution *d = distribution_create(pool, g->bound);
	int64_t min = g->kept[start].min_ns;
	int err = d ? 0 : -ENOMEM;

	for (size_t i = start; !err && i < end; i++) {
		err = distribution_add(d, span_ns(g->kept[i].value_ns));
		min = lesser(min, g->kept[i].min_ns);
	}
	if (!err)
		err = distribution_report(d, &out->network);
	distribution_destroy(d);
	out->network.min = min;
	out->from_ns = g->kept[start].at_ns;
	out->to_ns = g->kept[end < g->n ? end : end - 1].at_ns;
	return err;
}

static int fill_segments(const struct cut *cut, struct page_pool *pool,
			 const struct shift *shift, struct segment *out,
			 size_t n)
{
	size_t start = 0, end;
	int err;

	for (size_t i = 0; i < n; i++, start = end) {
		end = i + 1 < n ? place_shift(cut, &shift[i]) : cut->g->n;
		err = fill_segment(cut->g, pool, start, end, &out[i]);
		if (err)
			return err;
	}
	return 0;
}

int segmenter_report(const struct segmenter *g, struct page_pool *pool,
		     struct segment **out, size_t *n)
{
	struct cut cut = cut_blocks(g);
	struct segment *segment = NULL;
	struct shift_block *block;
	struct shift *shift;
	size_t shifts = 0;
	int err = -ENOMEM;

	*out = NULL;
	*n = 0;
	if (!cut.blocks)
		return 0;
	block = malloc(cut.blocks * sizeof(*block));
	shift = malloc(cut.blocks * sizeof(*shift));
	if (!block || !shift)
		goto out;
	fill_blocks(&cut, block);
	err = shift_find(block, cut.blocks, shift, &shifts);
	if (err || !shifts)
		goto out;
	segment = calloc(shifts + 1, sizeof(*segment));
	err = segment ? fill_segments(&cut, pool, shift, segment, shifts + 1)
		      : -ENOMEM;
	if (err)
		goto out;
	*out = segment;
	*n = shifts + 1;
	segment = NULL;
out:
	free(segment);
	free(shift);
	free(block);
	return err;
}
