// SPDX-License-Identifier: GPL-2.0-only
#include "host/steering.h"

#include <time.h>

#include "host/clock.h"

#define BRACKETS 16

/* A reading whose brackets were all interrupted is tried again. */
#define ROUNDS 3
#define WIDE 4

static int64_t raw_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Replaces *r if it finds a narrower bracket. */
static void bracket_narrow(struct steering_reading *r)
{
	for (int i = 0; i < BRACKETS; i++) {
		mono_t before = mono_now();
		int64_t raw = raw_now_ns();
		mono_t after = mono_now();
		span_t width = mono_sub(after, before);

		if (width.ns >= r->hi - r->lo)
			continue;
		r->at = mono_add(before, span_ns(width.ns / 2));
		r->lo = before.ns - raw;
		r->hi = after.ns - raw;
	}
}

static void take_reading(struct steering *s)
{
	struct steering_reading r = { .hi = INT64_MAX };

	for (int i = 0; i < ROUNDS; i++) {
		bracket_narrow(&r);
		if (r.hi - r.lo < s->narrowest)
			s->narrowest = r.hi - r.lo;
		if (r.hi - r.lo <= WIDE * s->narrowest)
			break;
	}
	steering_add(&s->track, &r);
	s->due = mono_add(r.at, span_ns(STEERING_INTERVAL_NS));
}

void steering_start(struct steering *s, mono_t origin)
{
	steering_init(&s->track, origin);
	s->narrowest = INT64_MAX / WIDE;
	take_reading(s);
}

mono_t steering_due(const struct steering *s)
{
	return s->due;
}

bool steering_poll(struct steering *s, mono_t now)
{
	if (mono_before(now, s->due))
		return false;
	take_reading(s);
	return true;
}

void steering_report(struct steering *s, struct clock_steering *out)
{
	take_reading(s);
	steering_summarise(&s->track, out);
}
