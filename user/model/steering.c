// SPDX-License-Identifier: GPL-2.0-only
#include "model/steering.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this a push is in the departure, and not worth a line of its own. */
#define EVENT_PPM 1.0
#define EVENT_FLOORS 4

/* A piece shorter than this says too little unless it departs for certain. */
#define WINDOW_NS NSEC_PER_SEC

/* A piece whose first reading was so much wider than this one is measured from
 * this one on; what the others said of its rate stays said. */
#define WIDE 4

/* Bins to an octave of a bracket's width. */
#define WIDTH_OCTAVE 8

static size_t width_bin(int64_t width)
{
	double octaves = width > 1 ? log2((double)width) : 0;
	size_t bin = (size_t)(octaves * WIDTH_OCTAVE);

	return bin < STEERING_WIDTHS ? bin : STEERING_WIDTHS - 1;
}

/* Nine in ten brackets are no wider. */
static double width_usual(const struct steering_track *t)
{
	uint64_t below = 0;
	size_t bin = 0;

	while (bin < STEERING_WIDTHS - 1) {
		below += t->width[bin];
		if (below * 10 >= t->readings * 9)
			break;
		bin++;
	}
	return exp2((double)(bin + 1) / WIDTH_OCTAVE);
}

static double rate_ppm(int64_t gained, span_t over)
{
	return (double)gained / (double)over.ns * 1e6;
}

static double centre(const struct steering_piece *p)
{
	return (p->lo + p->hi) / 2;
}

static void piece_join(struct steering_piece *a, const struct steering_piece *b)
{
	a->to = b->to;
	a->lo = fmin(a->lo, b->lo);
	a->hi = fmax(a->hi, b->hi);
}

/* Makes one of the two neighbours that are most alike. */
static void pieces_thin(struct steering_track *t)
{
	double least = INFINITY;
	size_t at = 0;

	for (size_t i = 0; i + 1 < t->pieces; i++) {
		const struct steering_piece *p = &t->piece[i];
		double spread = fmax(p[0].hi, p[1].hi) - fmin(p[0].lo, p[1].lo);

		if (spread < least) {
			least = spread;
			at = i;
		}
	}
	piece_join(&t->piece[at], &t->piece[at + 1]);
	t->pieces--;
	memmove(&t->piece[at + 1], &t->piece[at + 2],
		(t->pieces - at - 1) * sizeof(t->piece[0]));
}

void steering_init(struct steering_track *track, mono_t origin)
{
	memset(track, 0, sizeof(*track));
	track->origin = origin;
}

/* The rates from `first` to `r` that both brackets allow. */
static struct steering_piece piece_between(const struct steering_reading *first,
					   const struct steering_reading *r)
{
	span_t over = mono_sub(r->at, first->at);

	return (struct steering_piece){
		.from = first->at,
		.to = r->at,
		.lo = rate_ppm(r->lo - first->hi, over),
		.hi = rate_ppm(r->hi - first->lo, over),
	};
}

void steering_add(struct steering_track *t, const struct steering_reading *r)
{
	struct steering_piece seen, *open;

	if (t->readings && !mono_before(t->last.at, r->at))
		return;
	t->width[width_bin(r->hi - r->lo)]++;
	if (!t->readings++) {
		t->first = t->last = *r;
		return;
	}
	open = t->pieces ? &t->piece[t->pieces - 1] : NULL;
	seen = piece_between(&t->first, r);
	if (open && seen.lo <= open->hi && seen.hi >= open->lo) {
		open->to = r->at;
		open->lo = fmax(open->lo, seen.lo);
		open->hi = fmin(open->hi, seen.hi);
	} else {
		t->first = t->last;
		if (t->pieces == STEERING_PIECES)
			pieces_thin(t);
		t->piece[t->pieces++] = piece_between(&t->first, r);
	}
	t->last = *r;
	if ((r->hi - r->lo) * WIDE < t->first.hi - t->first.lo)
		t->first = *r;
}

static span_t length(const struct steering_piece *p)
{
	return mono_sub(p->to, p->from);
}

/* A rate that changed within a piece, and moved the clock by less than the
 * brackets are wide, went unseen: so far may the piece's rate be off. */
static double unseen_ppm(const struct steering_piece *p, double floor)
{
	return floor * WINDOW_NS / (double)length(p).ns;
}

struct weighed {
	double rate;
	const struct steering_piece *piece;
};

static int compare_weighed(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;

	return (x->rate > y->rate) - (x->rate < y->rate);
}

/* Of the pieces' rates, each weighing its time. */
static const struct steering_piece *median_piece(const struct steering_track *t)
{
	struct weighed all[STEERING_PIECES];
	double half = 0, below = 0;
	size_t i;

	for (i = 0; i < t->pieces; i++) {
		all[i].piece = &t->piece[i];
		all[i].rate = centre(all[i].piece);
		half += (double)length(all[i].piece).ns / 2;
	}
	qsort(all, t->pieces, sizeof(all[0]), compare_weighed);
	for (i = 0; i + 1 < t->pieces; i++) {
		below += (double)length(all[i].piece).ns;
		if (below >= half)
			break;
	}
	return all[i].piece;
}

/* +1 or -1 if the piece's rate is beyond median +- by for certain. */
static int piece_departs(const struct steering_piece *p, double median,
			 double by)
{
	return (p->lo > median + by) - (p->hi < median - by);
}

static double largest_departure(const struct steering_track *t, double median,
				double floor)
{
	double largest = floor;

	for (size_t i = 0; i < t->pieces; i++) {
		const struct steering_piece *p = &t->piece[i];
		double far = fmax(fabs(p->hi - median), fabs(p->lo - median));

		if (length(p).ns >= WINDOW_NS ||
		    piece_departs(p, median, floor))
			largest = fmax(largest, far + unseen_ppm(p, floor));
	}
	return largest;
}

/* Keeps the largest, in order of time. */
static void event_keep(struct clock_steering *out, const struct clock_event *e)
{
	size_t least = 0;

	out->departures++;
	if (out->events < CLOCK_EVENTS) {
		out->event[out->events++] = *e;
		return;
	}
	for (size_t i = 1; i < CLOCK_EVENTS; i++) {
		if (fabs(out->event[i].ppm) < fabs(out->event[least].ppm))
			least = i;
	}
	if (fabs(e->ppm) <= fabs(out->event[least].ppm))
		return;
	memmove(&out->event[least], &out->event[least + 1],
		(CLOCK_EVENTS - 1 - least) * sizeof(*e));
	out->event[CLOCK_EVENTS - 1] = *e;
}

static double rate_at(const struct steering_track *t, size_t i, double median)
{
	return i < t->pieces ? centre(&t->piece[i]) : median;
}

/* How much of a short piece at an event's edge still had the rate outside. */
static int64_t edge_outside_ns(const struct steering_piece *p, double inside,
			       double outside)
{
	double share = (inside - centre(p)) / (inside - outside);

	if (length(p).ns >= WINDOW_NS || !(share > 0))
		return 0;
	return (int64_t)((double)length(p).ns * fmin(share, 1));
}

/* The pieces from first to last, all of which depart the same way. */
static struct clock_event event_make(const struct steering_track *t,
				     size_t first, size_t last, double median)
{
	const struct steering_piece *from = &t->piece[first];
	const struct steering_piece *to = &t->piece[last];
	struct clock_event e = {
		.from_ns = mono_sub(from->from, t->origin).ns,
		.to_ns = mono_sub(to->to, t->origin).ns,
	};

	for (size_t i = first; i <= last; i++) {
		double ppm = centre(&t->piece[i]) - median;

		if (fabs(ppm) > fabs(e.ppm))
			e.ppm = ppm;
	}
	if (first == last)
		return e;
	e.from_ns += edge_outside_ns(from, centre(from + 1),
				     rate_at(t, first - 1, median));
	e.to_ns -= edge_outside_ns(to, centre(to - 1),
				   rate_at(t, last + 1, median));
	return e;
}

static void find_events(const struct steering_track *t,
			struct clock_steering *out)
{
	double median = out->median_ppm;
	double by = fmax(EVENT_PPM, EVENT_FLOORS * out->floor_ppm);
	size_t first = 0, i;

	for (i = 0; i < t->pieces; i++) {
		int side = piece_departs(&t->piece[i], median, by);
		struct clock_event e;

		if (i + 1 < t->pieces &&
		    piece_departs(&t->piece[i + 1], median, by) == side)
			continue;
		if (side) {
			e = event_make(t, first, i, median);
			event_keep(out, &e);
		}
		first = i + 1;
	}
}

void steering_summarise(const struct steering_track *t,
			struct clock_steering *out)
{
	const struct steering_piece *median;
	double unseen;

	memset(out, 0, sizeof(*out));
	out->readings = t->readings;
	if (!t->pieces)
		return;
	out->known = true;
	out->floor_ppm = width_usual(t) / WINDOW_NS * 1e6;
	median = median_piece(t);
	unseen = unseen_ppm(median, out->floor_ppm);
	out->median_ppm = centre(median);
	out->median_lo_ppm = median->lo - unseen;
	out->median_hi_ppm = median->hi + unseen;
	out->departure_ppm =
		largest_departure(t, out->median_ppm, out->floor_ppm);
	find_events(t, out);
}
