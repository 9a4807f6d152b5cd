/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/watch_parts.h"

#define FEW 3		 /* lows that say where the level is, */
#define ENOUGH 4	 /* and that it fell, */
#define NOTHING_NEW (-5) /* the anchor was a little high, no more */
#define STALE 1024	 /* samples after which a low one was a stray */
#define CALM_GAPS 3

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

static double log_choose(double n, double k)
{
	return log_gamma(n + 1) - log_gamma(k + 1) - log_gamma(n - k + 1);
}

/* How likely so many of the samples from low[i] on are low, when before it none
 * was: the logarithm. */
static double likelihood(const struct watch *w, size_t i)
{
	double lows = (double)(w->lows - i);
	double samples = (double)(w->ring.end - w->low[i].number);
	double before = 0;

	if (w->low[i].number > w->fresh)
		before = (double)(w->low[i].number - w->fresh);
	return log_choose(samples, lows) - lows * log(before + 1);
}

static size_t least_likely(const struct watch *w)
{
	size_t best = 0;

	for (size_t i = 1; i + ENOUGH <= w->lows; i++)
		if (likelihood(w, i) < likelihood(w, best))
			best = i;
	return best;
}

static void drop_lows(struct watch *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		watch_least_add(&w->least, w->low[i].value_ns);
	w->lows -= n;
	memmove(w->low, w->low + n, w->lows * sizeof(*w->low));
}

static void note_low(struct watch *w, const struct watch_point *p)
{
	size_t stale = w->lows == WATCH_LOWS;

	while (stale < w->lows && w->low[stale].number + STALE < w->ring.end)
		stale++;
	drop_lows(w, stale);
	w->low[w->lows++] = (struct watch_low){
		.number = w->ring.end - 1,
		.at_ns = p->at_ns,
		.value_ns = p->value_ns,
	};
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The level was never as high as it was thought to be. */
static void lower_anchor(struct watch *w)
{
	int64_t value_ns[WATCH_LOWS];
	size_t kept = 0;

	for (size_t i = 0; i < w->lows; i++)
		value_ns[i] = w->low[i].value_ns;
	qsort(value_ns, w->lows, sizeof(*value_ns), compare);
	for (size_t i = 0; i < w->lows; i++) {
		if (w->low[i].value_ns < value_ns[FEW - 1] - w->bar_ns)
			w->low[kept++] = w->low[i];
		else
			watch_least_add(&w->least, w->low[i].value_ns);
	}
	w->lows = kept;
	watch_restart(w, value_ns[FEW - 1], w->first, true);
}

static int64_t least_since(const struct watch *w, size_t i)
{
	int64_t least_ns = w->low[i].value_ns;

	for (; i < w->lows; i++)
		if (w->low[i].value_ns < least_ns)
			least_ns = w->low[i].value_ns;
	return least_ns;
}

/* A level that has not yet outlasted a busy period may have been one. */
static bool is_young(const struct watch *w, size_t i)
{
	double lasted =
		(double)(w->low[i].at_ns - w->segment[w->segments - 1].from_ns);

	return lasted < (double)WATCH_BUSY_NS + CALM_GAPS * w->gap_ns;
}

bool watch_fall(struct watch *w, struct watch_event *event)
{
	struct watch_edge edge = { .doubt_ns = w->bar_ns };
	double likely;
	size_t best;

	note_low(w, watch_latest(w));
	if (w->lows < FEW)
		return false;
	best = least_likely(w);
	likely = likelihood(w, best);
	if (is_young(w, best) || likely > NOTHING_NEW) {
		lower_anchor(w);
		return false;
	}
	edge.pivot = w->low[best].number;
	edge.to_ns = least_since(w, best);
	edge.may_wait = w->lows - best < WATCH_LOWS;
	if (likely < WATCH_PROOF && w->lows - best >= ENOUGH &&
	    edge.to_ns <= w->anchor_ns - WATCH_FALL_BARS * w->bar_ns) {
		edge.from_ns = w->least.value_ns[0];
		return watch_tell(w, &edge, event);
	}
	if (w->lows == WATCH_LOWS)
		lower_anchor(w);
	return false;
}
