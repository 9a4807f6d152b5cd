/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>

#include "model/watch_parts.h"

#define LONGER 2.5 /* than any low-free time of late: two may adjoin */
#define CALM_GAPS 3
#define LOWS_LEAST 3
#define LEVEL_LEAST 8

static bool is_absent(const struct watch *w, const struct watch_step *step)
{
	double share = watch_share(step);
	double highs = (double)(w->ring.end - 1 - step->last);
	double hold =
		fmax((double)WATCH_BUSY_NS, LONGER * (double)step->longest_ns) +
		w->gap_ns * (1 + CALM_GAPS / share);

	return step->lows >= LOWS_LEAST &&
	       highs * log1p(-share) < WATCH_PROOF &&
	       (double)(watch_latest(w)->at_ns - step->last_at_ns) >= hold;
}

/* Both halves have the same least, as far as each can know: a queue that is
 * slow to drain is no path. */
static bool is_level(const struct watch *w, uint64_t from)
{
	struct watch_least half[2] = { 0 };
	uint64_t middle;
	int64_t apart_ns;
	bool higher;

	if (from < watch_oldest(w))
		from = watch_oldest(w);
	middle = from + (w->ring.end - from) / 2;
	for (uint64_t i = from; i < w->ring.end; i++)
		watch_least_add(&half[i >= middle], watch_at(w, i)->value_ns);
	if (!half[0].n)
		return false;
	higher = half[1].value_ns[0] > half[0].value_ns[0];
	apart_ns = half[higher].value_ns[0] - half[!higher].value_ns[0];
	return apart_ns <= w->bar_ns + watch_least_below(&half[higher]);
}

/* The last sample that is too low for the level of those after it: under their
 * least by more than the path's own may be, and the bar. If these have not yet
 * lasted, either will the next, or they are a busy period's. */
static bool find_edge(const struct watch *w, uint64_t last,
		      struct watch_edge *edge)
{
	uint64_t oldest = watch_oldest(w), i = w->ring.end;
	struct watch_least least = { 0 };

	if (oldest < w->first)
		oldest = w->first;
	while (i-- > oldest && i > last) {
		int64_t value_ns = watch_at(w, i)->value_ns;

		if (least.n >= LEVEL_LEAST &&
		    value_ns < least.value_ns[0] - w->bar_ns -
				       watch_least_below(&least))
			break;
		watch_least_add(&least, value_ns);
	}
	*edge = (struct watch_edge){
		.rises = true,
		.pivot = i > last ? i : last,
		.from_ns = w->least.value_ns[0],
		.to_ns = least.value_ns[0],
		.doubt_ns = w->bar_ns + watch_least_below(&least),
	};
	return i <= last ||
	       watch_latest(w)->at_ns - watch_at(w, i)->at_ns >= WATCH_BUSY_NS;
}

bool watch_rise(struct watch *w, struct watch_event *event)
{
	const struct watch_point *p = watch_latest(w);

	if (w->ring.end < w->retry)
		return false;
	for (int i = 0; i < WATCH_STEPS; i++) {
		const struct watch_step *step = &w->step[i];
		struct watch_edge edge;

		if (p->value_ns <= w->anchor_ns + step->above_ns ||
		    p->at_ns - step->last_at_ns < WATCH_BUSY_NS)
			break;
		if (!is_absent(w, step))
			continue;
		if (find_edge(w, step->last, &edge) &&
		    is_level(w, edge.pivot + 1))
			return watch_tell(w, &edge, event);
		w->retry = w->ring.end + (w->ring.end - step->last) / 8 + 1;
	}
	return false;
}
