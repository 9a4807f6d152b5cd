/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/trace.h"

#include <errno.h>
#include <stdlib.h>

#include "model/histogram.h"

#define ROOM_MIN 64

void trace_init(struct trace *t, size_t bound)
{
	*t = (struct trace){ .bound = bound, .stride = 1 };
}

void trace_release(struct trace *t)
{
	free(t->whole);
	free(t->thinned);
}

int trace_add(struct trace *t, int64_t x)
{
	size_t room = t->room ? 2 * t->room : ROOM_MIN;
	int64_t *whole;

	if (t->n == t->room) {
		if (room > t->bound)
			room = t->bound;
		whole = realloc(t->whole, room * sizeof(*whole));
		if (!whole)
			return -ENOMEM;
		t->whole = whole;
		t->room = room;
	}
	t->whole[t->n++] = x;
	return 0;
}

static int32_t shorten(const struct trace *t, int64_t x)
{
	int64_t units = (x >> HISTOGRAM_SHIFT_MIN) - t->zero;

	if (units < INT32_MIN)
		return INT32_MIN;
	return units > INT32_MAX ? INT32_MAX : units;
}

int trace_shrink(struct trace *t)
{
	int32_t *thinned = malloc(t->bound * sizeof(*thinned));

	if (!thinned)
		return -ENOMEM;
	t->zero = t->whole[0] >> HISTOGRAM_SHIFT_MIN;
	for (size_t i = 0; i < t->n; i++)
		thinned[i] = shorten(t, t->whole[i]);
	free(t->whole);
	t->whole = NULL;
	t->thinned = thinned;
	return 0;
}

static void thin(struct trace *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i += 2)
		t->thinned[kept++] = t->thinned[i];
	t->n = kept;
	t->stride *= 2;
}

void trace_pass(struct trace *t, uint64_t at, int64_t x)
{
	if (at & (t->stride - 1))
		return;
	if (t->n == t->bound) {
		thin(t);
		if (at & (t->stride - 1))
			return;
	}
	t->thinned[t->n++] = shorten(t, x);
}

void trace_batch(const struct trace *t, int64_t limit, struct batches *out)
{
	if (t->thinned)
		interval_batch_short(t->thinned, t->n, shorten(t, limit), out);
	else
		interval_batch(t->whole, t->n, limit, out);
}
