/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/shift.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The proposal: cost of a block at most, in scatters, and of a new level. */
#define LOSS_MAX 8.0
#define LOSS_JUMP (4 * LOSS_MAX)

/* The proof. */
#define JUMP_SCATTERS 5
#define HIGH_NS 3e9
#define HIGH_BLOCKS 6
#define HIGH_GAPS 3
#define STRAYS 64

#define SCATTER_MIN 200.0

/* Of a normal distribution's deviation. */
#define MAD_TO_DEVIATION 1.4826
#define DIFFERENCE_TO_DEVIATION (MAD_TO_DEVIATION * M_SQRT1_2)

/* Blocks start .. end - 1, thought to be of one level. */
struct part {
	size_t start, end;
	double level, scatter;
};

struct search {
	const struct shift_block *block;
	size_t n;
	double least;	 /* scatter that any part has */
	double *scratch; /* n */
	struct part *part;
	size_t parts;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
	qsort(x, n, sizeof(*x), compare);
	return (x[(n - 1) / 2] + x[n / 2]) / 2;
}

static void measure_part(const struct search *s, struct part *p)
{
	size_t n = p->end - p->start;
	const struct shift_block *b = s->block + p->start;

	for (size_t i = 0; i < n; i++)
		s->scratch[i] = (double)b[i].min_ns;
	p->level = median(s->scratch, n);
	for (size_t i = 0; i < n; i++)
		s->scratch[i] = fabs((double)b[i].min_ns - p->level);
	p->scatter = fmax(MAD_TO_DEVIATION * median(s->scratch, n), s->least);
}

static void measure_least(struct search *s)
{
	for (size_t i = 0; i + 1 < s->n; i++)
		s->scratch[i] = fabs(
			(double)(s->block[i + 1].min_ns - s->block[i].min_ns));
	s->least = fmax(DIFFERENCE_TO_DEVIATION * median(s->scratch, s->n - 1),
			SCATTER_MIN);
}

static size_t least_of(const double *cost, size_t n)
{
	size_t least = 0;

	for (size_t i = 1; i < n; i++)
		if (cost[i] < cost[least])
			least = i;
	return least;
}

/* From the end to the beginning, then turned about. */
static void retrace(struct search *s, size_t j, const size_t *best,
		    const unsigned char *jumped)
{
	size_t n = s->n, end = n;

	s->parts = 0;
	for (size_t i = n; i-- > 0;) {
		if (i && !jumped[i * n + j])
			continue;
		s->part[s->parts++] = (struct part){ .start = i, .end = end };
		end = i;
		j = best[i];
	}
	for (size_t i = 0; i < s->parts / 2; i++) {
		struct part swap = s->part[i];

		s->part[i] = s->part[s->parts - 1 - i];
		s->part[s->parts - 1 - i] = swap;
	}
}

/*
 * The functional recursion: cost[j] is the least for the blocks so far if the
 * last of them is at block j's level. The cost of a part is piecewise linear,
 * with its convex kinks where a block is, so no other level can be better.
 */
static void partition(struct search *s, double *cost, size_t *best,
		      unsigned char *jumped)
{
	size_t n = s->n;

	memset(cost, 0, n * sizeof(*cost));
	for (size_t i = 0; i < n; i++) {
		double jump;

		best[i] = least_of(cost, n);
		jump = cost[best[i]] + LOSS_JUMP;
		for (size_t j = 0; j < n; j++) {
			double off = fabs((double)(s->block[i].min_ns -
						   s->block[j].min_ns));

			jumped[i * n + j] = jump < cost[j];
			if (jump < cost[j])
				cost[j] = jump;
			cost[j] += fmin(off / s->least, LOSS_MAX);
		}
	}
	retrace(s, least_of(cost, n), best, jumped);
}

static int propose(struct search *s)
{
	double *cost = malloc(s->n * sizeof(*cost));
	size_t *best = malloc(s->n * sizeof(*best));
	unsigned char *jumped = malloc(s->n * s->n);
	int err = cost && best && jumped ? 0 : -ENOMEM;

	if (!err)
		partition(s, cost, best, jumped);
	free(jumped);
	free(best);
	free(cost);
	return err;
}

/* How long it takes, blocks in a row with a minimum above `divide`. */
static double longest_above(const struct search *s, const struct part *p,
			    double divide)
{
	const struct shift_block *b = s->block;
	double longest = 0;
	size_t from = p->start;

	for (size_t i = p->start; i < p->end; i++) {
		if ((double)b[i].min_ns <= divide)
			from = i + 1;
		else
			longest = fmax(longest,
				       (double)(b[i].to_ns - b[from].from_ns));
	}
	return longest;
}

/* Blocks that have been at the low level. The outermost do not count: shifts
 * happen in them. */
static size_t count_hits(const struct search *s, const struct part *high,
			 double divide)
{
	size_t hits = 0;

	for (size_t i = high->start + 1; i + 1 < high->end; i++)
		hits += (double)s->block[i].min_ns <= divide;
	return hits;
}

/* Like a busy period, it has something lower on either side. */
static bool returns(const struct search *s, const struct part *high,
		    double divide)
{
	const struct part *first = s->part, *last = first + s->parts - 1;

	return high > first && high < last && high[-1].level < divide &&
	       high[1].level < divide;
}

/* How much there is of what a shift must have; one is enough. */
static double weigh(const struct search *s, size_t at)
{
	const struct part *a = &s->part[at], *b = a + 1;
	const struct part *low = a->level < b->level ? a : b;
	const struct part *high = low == a ? b : a;
	double divide = (low->level + high->level) / 2;
	double above = longest_above(s, high, divide);
	double gap = longest_above(s, low, divide);
	size_t blocks = high->end - high->start;
	double evidence, stay;

	evidence = (high->level - low->level) /
		   (JUMP_SCATTERS * fmax(low->scatter, high->scatter));
	stay = returns(s, high, divide) ? 2 * HIGH_NS : HIGH_NS;
	evidence = fmin(evidence, above / fmax(stay, HIGH_GAPS * gap));
	evidence = fmin(evidence, (double)blocks / HIGH_BLOCKS);
	return count_hits(s, high, divide) * STRAYS > blocks ? 0 : evidence;
}

/* The weakest shift goes and its parts become one, until all are proved. */
static void prune(struct search *s)
{
	while (s->parts > 1) {
		double least = INFINITY;
		size_t weakest = 0;

		for (size_t i = 0; i + 1 < s->parts; i++) {
			double evidence = weigh(s, i);

			if (evidence < least) {
				least = evidence;
				weakest = i;
			}
		}
		if (least >= 1)
			return;
		s->part[weakest].end = s->part[weakest + 1].end;
		measure_part(s, &s->part[weakest]);
		s->parts--;
		memmove(&s->part[weakest + 1], &s->part[weakest + 2],
			(s->parts - weakest - 1) * sizeof(*s->part));
	}
}

/* The low side begins and ends with a block that has been there. */
static struct shift locate(const struct search *s, size_t i)
{
	const struct part *a = &s->part[i], *b = a + 1;
	struct shift shift = {
		.at = b->start,
		.rises = b->level > a->level,
		.divide_ns = llround((a->level + b->level) / 2),
	};
	const struct shift_block *block = s->block;

	if (shift.rises) {
		while (block[shift.at].min_ns <= shift.divide_ns)
			shift.at++;
		while (shift.at > a->start + 1 &&
		       block[shift.at - 1].min_ns > shift.divide_ns)
			shift.at--;
	} else {
		while (block[shift.at - 1].min_ns <= shift.divide_ns)
			shift.at--;
		while (shift.at + 1 < b->end &&
		       block[shift.at].min_ns > shift.divide_ns)
			shift.at++;
	}
	return shift;
}

int shift_find(const struct shift_block *block, size_t n, struct shift *out,
	       size_t *found)
{
	struct search s = { .block = block, .n = n };
	int err = -ENOMEM;

	*found = 0;
	if (n < 2 * HIGH_BLOCKS)
		return 0;
	s.scratch = malloc(n * sizeof(*s.scratch));
	s.part = malloc(n * sizeof(*s.part));
	if (!s.scratch || !s.part)
		goto out;
	measure_least(&s);
	err = propose(&s);
	if (err)
		goto out;
	for (size_t i = 0; i < s.parts; i++)
		measure_part(&s, &s.part[i]);
	prune(&s);
	for (size_t i = 0; i + 1 < s.parts; i++)
		out[i] = locate(&s, i);
	*found = s.parts - 1;
out:
	free(s.part);
	free(s.scratch);
	return err;
}
