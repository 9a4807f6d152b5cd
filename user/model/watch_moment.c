/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdlib.h>

#include "model/watch_parts.h"

#define SURE (-6.9) /* logarithm of 0.1 % */
#define NEAR_LEAST 2
#define NEAR_SHARE 0.9 /* of the noise of one level is near it */
#define RARE 0.15      /* is exceeded by a tenth, more or less, */
#define RARE_GAPS 3    /* and then this is far enough */
#define STRANGE 3      /* far ones in a row are no chance, but a busy period */
#define GAPS 31

/* Away from the pivot, over samples of the far side's level. */
struct walk {
	const struct watch *w;
	uint64_t pivot;
	int direction;
	int64_t near_ns; /* up to here a sample is near that level */
	double rate;	 /* of samples of the lower level that are so high */
	bool rare;
};

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median of those around. */
static int64_t gap_around(const struct watch *w, uint64_t pivot)
{
	uint64_t from = watch_oldest(w), to = w->ring.end - 1;
	int64_t gap_ns[GAPS];
	size_t n = 0;

	if (pivot > from + GAPS / 2)
		from = pivot - GAPS / 2;
	for (uint64_t i = from; i < to && n < GAPS; i++)
		gap_ns[n++] = watch_at(w, i + 1)->at_ns - watch_at(w, i)->at_ns;
	if (!n)
		return 0;
	qsort(gap_ns, n, sizeof(*gap_ns), compare);
	return gap_ns[n / 2];
}

/* Share of samples more than this above their level. */
static double rate_above(const struct watch *w, int64_t above_ns)
{
	double below = 0, x = fmax((double)above_ns, 1);

	for (int i = 0; i < WATCH_STEPS; i++) {
		double share = watch_share(&w->step[i]);
		double at = (double)w->step[i].above_ns, before;

		if (at > x && !i)
			return 1 - share * x / at;
		if (at > x) {
			before = (double)w->step[i - 1].above_ns;
			below += (share - below) * log(x / before) /
				 log(at / before);
			break;
		}
		below = share;
	}
	return fmin(fmax(1 - below, 1e-4), 0.9999);
}

static int64_t near_above(const struct watch *w)
{
	int i = 0;

	while (i < WATCH_STEPS - 1 && watch_share(&w->step[i]) < NEAR_SHARE)
		i++;
	return w->step[i].above_ns;
}

static bool has(const struct watch *w, uint64_t number)
{
	return number >= watch_oldest(w) && number < w->ring.end;
}

/* How far the shift may lie from the pivot. */
static int64_t walk_far(const struct walk *k)
{
	const struct watch *w = k->w;
	int64_t start_ns = watch_at(w, k->pivot)->at_ns, away_ns = 0;
	int64_t most_ns = RARE_GAPS * gap_around(w, k->pivot);
	double wanted = fmax(ceil(SURE / log(k->rate)), NEAR_LEAST), near = 0;
	unsigned int strange = 0;
	uint64_t i = k->pivot;

	if (!k->rare)
		wanted *= 2;
	for (;;) {
		bool busy = strange >= STRANGE;

		i += (uint64_t)(int64_t)k->direction;
		if (!has(w, i))
			break;
		away_ns = llabs(watch_at(w, i)->at_ns - start_ns);
		if (watch_at(w, i)->value_ns > k->near_ns) {
			strange++;
			near = busy ? 0 : near;
			continue;
		}
		near++;
		if (busy && away_ns > most_ns)
			most_ns = away_ns;
		if (near >= wanted + (busy ? STRANGE : 0) ||
		    (!busy && k->rare && away_ns >= most_ns))
			break;
	}
	return k->rare && away_ns > most_ns ? most_ns : away_ns;
}

void watch_moment(const struct watch *w, const struct watch_edge *edge,
		  struct watch_event *event)
{
	int64_t size_ns = llabs(edge->to_ns - edge->from_ns), far_ns;
	int64_t higher_ns = edge->rises ? edge->to_ns : edge->from_ns;
	struct walk walk = {
		.w = w,
		.pivot = edge->pivot,
		.direction = edge->rises ? 1 : -1,
		.near_ns = higher_ns + near_above(w),
		.rate = rate_above(w, size_ns - edge->doubt_ns),
		.rare = rate_above(w, size_ns) <= RARE,
	};
	uint64_t beside = edge->pivot + (uint64_t)(int64_t)walk.direction;
	const struct watch_point *pivot;

	/* What proved it came so late that the low ones are forgotten. */
	if (!has(w, edge->pivot)) {
		event->time_lo_ns = w->segment[w->segments - 1].from_ns;
		event->time_hi_ns = watch_latest(w)->at_ns;
		event->time_ns = watch_at(w, watch_oldest(w))->at_ns;
		return;
	}
	pivot = watch_at(w, edge->pivot);
	far_ns = walk_far(&walk);
	event->time_lo_ns = pivot->at_ns - (edge->rises ? 0 : far_ns);
	event->time_hi_ns = pivot->at_ns + (edge->rises ? far_ns : 0);
	event->time_ns = pivot->at_ns;
	if (has(w, beside))
		event->time_ns +=
			(watch_at(w, beside)->at_ns - pivot->at_ns) / 2;
}
