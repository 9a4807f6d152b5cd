/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/schedule.h"

#include <math.h>

void schedule_init(struct schedule *s, enum schedule_kind kind, span_t interval,
		   uint64_t seed)
{
	*s = (struct schedule){ .kind = kind, .interval = interval };
	if (s->interval.ns < 0)
		s->interval.ns = 0;
	prng_init(&s->prng, seed);
	s->phase = prng_below(&s->prng, s->interval.ns);
}

static int64_t schedule_poisson(struct schedule *s)
{
	double gap = s->rest - log(prng_unit(&s->prng)) * s->interval.ns;
	double whole = floor(gap);

	s->rest = gap - whole;
	s->last += (int64_t)whole;
	return s->last;
}

span_t schedule_next(struct schedule *s)
{
	if (s->kind == SCHEDULE_POISSON)
		return span_ns(schedule_poisson(s));
	return span_ns(s->phase + (int64_t)s->count++ * s->interval.ns);
}
