/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdlib.h>

#include "model/watch_parts.h"

#define SIDE_NS 5000000000
#define SIDE_LEAST 16
#define SIDE_MOST 512
#define CALM_LEAST 4

#define MOSTLY 0.5 /* of the shift on one way */
#define ABSURD 4
#define UNSURE 0.45

/* Samples of one level, going away from the shift. */
struct side {
	uint64_t first;
	int direction;
	int64_t level_ns;
	bool after;
	uint64_t n;
};

/* offset + rate * seconds + jump, where it is after the shift. */
struct fit {
	int64_t origin_ns, origin_split_ns;
	double a[3][3], b[3];
	double calm_ns; /* samples further from their level are left out */
	double blur_ns; /* of one that is on it */
	unsigned int used[2];
};

static const struct watch_point *side_at(const struct watch *w,
					 const struct side *s, uint64_t i)
{
	uint64_t number = s->first + (uint64_t)((int64_t)i * s->direction);

	if (number < watch_oldest(w) || number >= w->ring.end ||
	    (!s->after && number < w->first))
		return NULL;
	return watch_at(w, number);
}

static void side_measure(const struct watch *w, struct side *s)
{
	const struct watch_point *start = side_at(w, s, 0), *p;

	for (s->n = 0; s->n < SIDE_MOST; s->n++) {
		p = side_at(w, s, s->n);
		if (!p || (s->n >= SIDE_LEAST &&
			   llabs(p->at_ns - start->at_ns) > SIDE_NS))
			break;
	}
}

static void fit_side(const struct watch *w, const struct side *s, struct fit *f)
{
	for (uint64_t i = 0; i < s->n; i++) {
		const struct watch_point *p = side_at(w, s, i);
		double off = fabs((double)(p->value_ns - s->level_ns));
		double x[3] = { 1, (double)(p->at_ns - f->origin_ns) / 1e9,
				s->after };
		double weight = pow(f->blur_ns + off, -2), y;

		if (off > f->calm_ns || p->split_ns == WATCH_NO_SPLIT)
			continue;
		y = (double)(p->split_ns - f->origin_split_ns);
		for (int r = 0; r < 3; r++) {
			for (int c = 0; c < 3; c++)
				f->a[r][c] += weight * x[r] * x[c];
			f->b[r] += weight * x[r] * y;
		}
		f->used[s->after]++;
	}
}

static double minor(const struct fit *f, int r, int c)
{
	int r1 = (r + 1) % 3, r2 = (r + 2) % 3;
	int c1 = (c + 1) % 3, c2 = (c + 2) % 3;

	return f->a[r1][c1] * f->a[r2][c2] - f->a[r1][c2] * f->a[r2][c1];
}

/* The jump and its deviation, by Cramer's rule. */
static bool fit_solve(const struct fit *f, double *jump, double *deviation)
{
	double det = 0, top = 0;

	for (int r = 0; r < 3; r++) {
		det += f->a[r][2] * minor(f, r, 2);
		top += f->b[r] * minor(f, r, 2);
	}
	if (!(det > 0))
		return false;
	*jump = top / det;
	*deviation = sqrt(fmax(minor(f, 2, 2) / det, 0));
	return true;
}

static bool fit_jump(const struct watch *w, const struct side side[2],
		     double size, double out[2])
{
	double calm = fmax((double)w->bar_ns, size / 4);
	struct fit f;

	for (int tries = 0; tries < 32; tries++, calm *= 2) {
		f = (struct fit){
			.origin_ns = side_at(w, &side[1], 0)->at_ns,
			.origin_split_ns = side_at(w, &side[1], 0)->split_ns,
			.calm_ns = calm,
			.blur_ns = (double)w->bar_ns / 2,
		};
		if (f.origin_split_ns == WATCH_NO_SPLIT)
			f.origin_split_ns = 0;
		fit_side(w, &side[0], &f);
		fit_side(w, &side[1], &f);
		if (f.used[0] >= CALM_LEAST && f.used[1] >= CALM_LEAST)
			break;
	}
	return f.used[0] && f.used[1] && fit_solve(&f, &out[0], &out[1]);
}

/* The samples next to the shift that are surely of either side. */
static bool find_sides(const struct watch *w, const struct watch_edge *edge,
		       const struct watch_event *event, struct side side[2])
{
	uint64_t before = edge->pivot, after = edge->pivot;

	if (before < watch_oldest(w))
		return false;
	while (edge->rises && after + 1 < w->ring.end &&
	       watch_at(w, after)->at_ns < event->time_hi_ns)
		after++;
	while (!edge->rises && before > watch_oldest(w) &&
	       watch_at(w, before)->at_ns > event->time_lo_ns)
		before--;
	side[0] = (struct side){ before, -1, edge->from_ns, false, 0 };
	side[1] = (struct side){ after, 1, edge->to_ns, true, 0 };
	if (!side_at(w, &side[0], 0))
		return false;
	side_measure(w, &side[0]);
	side_measure(w, &side[1]);
	return true;
}

/* forward - return jumps by as much as the sum does, up or down. */
enum watch_way watch_way(const struct watch *w, const struct watch_edge *edge,
			 const struct watch_event *event)
{
	double size = (double)(edge->to_ns - edge->from_ns), fit[2], share;
	struct side side[2];

	if (!find_sides(w, edge, event, side) ||
	    !fit_jump(w, side, fabs(size), fit))
		return WATCH_WAY_UNKNOWN;
	share = fit[0] / size;
	if (fabs(share) > ABSURD || 2 * fit[1] / fabs(size) > UNSURE)
		return WATCH_WAY_UNKNOWN;
	if (fabs(share) <= MOSTLY)
		return WATCH_WAY_BOTH;
	return share > 0 ? WATCH_WAY_FORWARD : WATCH_WAY_RETURN;
}

const char *watch_way_name(enum watch_way way)
{
	static const char *const name[] = {
		[WATCH_WAY_UNKNOWN] = NULL,
		[WATCH_WAY_FORWARD] = "forward",
		[WATCH_WAY_RETURN] = "return",
		[WATCH_WAY_BOTH] = "both",
	};

	return name[way];
}
