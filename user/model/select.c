/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/select.h"

#include <stdlib.h>

#define PIVOTS 65 /* to choose one of */
#define SMALL (4 * PIVOTS)
#define DEPTH_MAX 64

struct part {
	int64_t *value;
	size_t lo, hi; /* positions: from lo to before hi */
	unsigned int depth;
};

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* A value that is likely to be near the position. */
static int64_t choose_pivot(const struct part *p, size_t at)
{
	size_t n = p->hi - p->lo;
	int64_t drawn[PIVOTS];

	for (size_t i = 0; i < PIVOTS; i++)
		drawn[i] = p->value[p->lo + n * i / PIVOTS];
	qsort(drawn, PIVOTS, sizeof(*drawn), compare);
	return drawn[(at - p->lo) * PIVOTS / n];
}

/* Values below the pivot to the front; where they end. The swap that is always
 * made has no branch to mispredict. */
static size_t partition(int64_t *value, size_t lo, size_t hi, int64_t pivot)
{
	size_t end = lo;

	for (size_t i = lo; i < hi; i++) {
		int64_t x = value[i];

		value[i] = value[end];
		value[end] = x;
		end += x < pivot;
	}
	return end;
}

static void place(struct part p, const uint64_t *rank, size_t ranks)
{
	size_t below, equal, left, right;
	int64_t pivot;

	if (!ranks)
		return;
	if (p.hi - p.lo <= SMALL || p.depth == DEPTH_MAX) {
		qsort(p.value + p.lo, p.hi - p.lo, sizeof(*p.value), compare);
		return;
	}
	pivot = choose_pivot(&p, rank[ranks / 2] - 1);
	below = partition(p.value, p.lo, p.hi, pivot);
	equal = pivot < INT64_MAX ? partition(p.value, below, p.hi, pivot + 1)
				  : p.hi;
	for (left = 0; left < ranks && rank[left] <= below; left++)
		;
	for (right = left; right < ranks && rank[right] <= equal; right++)
		;
	p.depth++;
	place((struct part){ p.value, p.lo, below, p.depth }, rank, left);
	place((struct part){ p.value, equal, p.hi, p.depth }, rank + right,
	      ranks - right);
}

void select_ranks(int64_t *value, size_t n, const uint64_t *rank, size_t ranks)
{
	place((struct part){ value, 0, n, 0 }, rank, ranks);
}
