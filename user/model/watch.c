/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdlib.h>

#include "model/watch_parts.h"

#define BAR_LEAST_NS 200

/* The steps, in bars. */
#define STEP_FIRST 2.5
#define STEP_RATIO 1.5

#define MEMORY_SAMPLES 8192

#define RING_FIRST 256
#define RING_MOST (1 << 17)
#define RING_SPAN_NS 30000000000

#define TURN_NS 120000000000

uint64_t watch_oldest(const struct watch *w)
{
	return w->ring.end > w->ring.room ? w->ring.end - w->ring.room : 0;
}

const struct watch_point *watch_at(const struct watch *w, uint64_t number)
{
	return &w->ring.point[number & (w->ring.room - 1)];
}

const struct watch_point *watch_latest(const struct watch *w)
{
	return watch_at(w, w->ring.end - 1);
}

double watch_share(const struct watch_step *step)
{
	return (step->lows + 0.5) / (step->all + 1.5);
}

/* Without memory it stays as it is. */
static void ring_grow(struct watch *w)
{
	struct watch_ring *r = &w->ring;
	struct watch_point *point;
	uint64_t i;

	if (r->end < r->room || r->room >= RING_MOST ||
	    watch_latest(w)->at_ns - watch_at(w, watch_oldest(w))->at_ns >=
		    RING_SPAN_NS)
		return;
	point = malloc(2 * r->room * sizeof(*point));
	if (!point)
		return;
	for (i = watch_oldest(w); i < r->end; i++)
		point[i & (2 * r->room - 1)] = *watch_at(w, i);
	free(r->point);
	r->point = point;
	r->room *= 2;
}

static void ring_push(struct watch *w, const struct watch_sample *s)
{
	if (w->ring.end && !(w->ring.end & (w->ring.room - 1)))
		ring_grow(w);
	w->ring.point[w->ring.end++ & (w->ring.room - 1)] =
		(struct watch_point){
			.at_ns = s->at_ns,
			.value_ns = s->network_ns,
			.split_ns = s->has_ways ? s->forward_ns - s->return_ns
						: WATCH_NO_SPLIT,
		};
}

static void step_low(struct watch_step *step, uint64_t number, int64_t at_ns)
{
	if (at_ns - step->last_at_ns > step->longest_ns)
		step->longest_ns = at_ns - step->last_at_ns;
	step->all += (double)(number - step->last);
	step->lows++;
	if (step->all > MEMORY_SAMPLES) {
		step->all /= 2;
		step->lows /= 2;
	}
	step->last = number;
	step->last_at_ns = at_ns;
}

static void learn(struct watch *w, uint64_t number)
{
	const struct watch_point *p = watch_at(w, number);
	int64_t above_ns = p->value_ns - w->anchor_ns;

	for (int i = WATCH_STEPS - 1; i >= 0 && above_ns <= w->step[i].above_ns;
	     i--)
		step_low(&w->step[i], number, p->at_ns);
}

void watch_restart(struct watch *w, int64_t anchor_ns, uint64_t from,
		   bool forget)
{
	if (from < watch_oldest(w))
		from = watch_oldest(w);
	for (int i = 0; i < WATCH_STEPS; i++) {
		struct watch_step *step = &w->step[i];

		step->last = from - 1;
		step->last_at_ns = watch_at(w, from)->at_ns;
		if (forget) {
			step->longest_ns = 0;
			step->lows = 0;
			step->all = 0;
		}
	}
	w->anchor_ns = anchor_ns;
	w->retry = 0;
	for (uint64_t i = from; i < w->ring.end; i++)
		learn(w, i);
	w->turn_ns = watch_latest(w)->at_ns + TURN_NS;
	w->turn_min_ns = INT64_MAX;
}

/* A level may creep up by less than a shift, and a busy hour is forgotten. */
static void take_turn(struct watch *w, const struct watch_point *p)
{
	if (p->value_ns < w->turn_min_ns)
		w->turn_min_ns = p->value_ns;
	if (p->at_ns < w->turn_ns)
		return;
	if (w->turn_min_ns > w->anchor_ns &&
	    w->turn_min_ns <= w->anchor_ns + w->bar_ns) {
		w->anchor_ns = w->turn_min_ns;
		w->fresh = w->ring.end - 1;
	}
	for (int i = 0; i < WATCH_STEPS; i++)
		w->step[i].longest_ns -= w->step[i].longest_ns / 8;
	w->turn_ns = p->at_ns + TURN_NS;
	w->turn_min_ns = INT64_MAX;
}

static bool segment_begin(struct watch *w, uint64_t first, int64_t from_ns)
{
	if (w->segments == w->room) {
		size_t room = w->room ? 2 * w->room : 4;
		struct watch_segment *more =
			realloc(w->segment, room * sizeof(*more));

		if (!more)
			return false;
		w->segment = more;
		w->room = room;
	}
	w->segment[w->segments++] = (struct watch_segment){
		.from_ns = from_ns,
		.to_ns = from_ns,
	};
	w->first = first;
	w->fresh = first;
	return true;
}

/* Whether a low sample is this level's: too little below it to be a fall, or
 * met before a level could be told from a busy period. */
static bool is_own(const struct watch *w, const struct watch_segment *s,
		   const struct watch_low *low)
{
	return low->value_ns > w->anchor_ns - WATCH_FALL_BARS * w->bar_ns ||
	       low->at_ns - s->from_ns < WATCH_BUSY_NS;
}

static void segment_settle(struct watch *w, uint64_t end, int64_t to_ns)
{
	struct watch_segment *s = &w->segment[w->segments - 1];

	s->to_ns = to_ns;
	s->probes = end - w->first;
	s->min_ns = w->least.n ? w->least.value_ns[0] : w->anchor_ns;
	s->below_ns = watch_least_below(&w->least);
	for (size_t i = 0; i < w->lows; i++)
		if (w->low[i].number < end && is_own(w, s, &w->low[i]) &&
		    w->low[i].value_ns < s->min_ns)
			s->min_ns = w->low[i].value_ns;
}

/* From those samples that are surely after the shift. */
static void start_level(struct watch *w, struct watch_event *event)
{
	uint64_t from = w->first;

	if (from < watch_oldest(w))
		from = watch_oldest(w);
	w->least.n = 0;
	for (uint64_t i = from; i < w->ring.end; i++)
		if (watch_at(w, i)->at_ns >= event->time_hi_ns)
			watch_least_add(&w->least, watch_at(w, i)->value_ns);
	event->to_ns = w->least.value_ns[0];
}

bool watch_tell(struct watch *w, const struct watch_edge *edge,
		struct watch_event *event)
{
	uint64_t first = edge->rises ? edge->pivot + 1 : edge->pivot;

	*event = (struct watch_event){
		.told_ns = watch_latest(w)->at_ns,
		.from_ns = edge->from_ns,
		.to_ns = edge->to_ns,
	};
	watch_moment(w, edge, event);
	event->way = watch_way(w, edge, event);
	if (event->way == WATCH_WAY_UNKNOWN && edge->may_wait &&
	    watch_latest(w)->split_ns != WATCH_NO_SPLIT)
		return false;
	segment_settle(w, first, event->time_ns);
	if (!segment_begin(w, first, event->time_ns))
		return false;
	w->lows = 0;
	start_level(w, event);
	watch_restart(w, event->to_ns, first, false);
	return true;
}

static void begin(struct watch *w, const struct watch_sample *s)
{
	if (!segment_begin(w, 0, s->at_ns))
		return;
	ring_push(w, s);
	watch_least_add(&w->least, s->network_ns);
	watch_restart(w, s->network_ns, 0, true);
	segment_settle(w, 1, s->at_ns);
}

bool watch_add(struct watch *w, const struct watch_sample *s,
	       struct watch_event *event)
{
	double gap_ns;
	bool told;

	if (!w->ring.end) {
		begin(w, s);
		return false;
	}
	gap_ns = (double)(s->at_ns - watch_latest(w)->at_ns);
	if (w->gap_ns == 0)
		w->gap_ns = gap_ns;
	w->gap_ns += (fmin(gap_ns, 4 * w->gap_ns) - w->gap_ns) / 64;
	ring_push(w, s);
	learn(w, w->ring.end - 1);
	take_turn(w, watch_latest(w));
	if (s->network_ns < w->anchor_ns - w->bar_ns) {
		told = watch_fall(w, event);
	} else {
		watch_least_add(&w->least, s->network_ns);
		told = watch_rise(w, event);
	}
	segment_settle(w, w->ring.end, s->at_ns);
	return told;
}

size_t watch_segments(const struct watch *w, const struct watch_segment **out)
{
	*out = w->segment;
	return w->segments;
}

struct watch *watch_create(int64_t bar_ns)
{
	struct watch *w = calloc(1, sizeof(*w));
	double bar, step = STEP_FIRST;

	if (!w)
		return NULL;
	w->bar_ns = bar_ns > BAR_LEAST_NS ? bar_ns : BAR_LEAST_NS;
	bar = (double)w->bar_ns;
	w->ring.room = RING_FIRST;
	w->ring.point = malloc(RING_FIRST * sizeof(*w->ring.point));
	if (!w->ring.point) {
		free(w);
		return NULL;
	}
	for (int i = 0; i < WATCH_STEPS; i++, step *= STEP_RATIO)
		w->step[i].above_ns = (int64_t)(step * bar);
	return w;
}

void watch_destroy(struct watch *w)
{
	if (!w)
		return;
	free(w->ring.point);
	free(w->segment);
	free(w);
}
