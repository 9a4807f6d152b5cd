// SPDX-License-Identifier: GPL-2.0-only
#include "model/departures.h"

#include <string.h>

/* A device counts a frame some time after it got it. */
#define SETTLED_NS (20 * NSEC_PER_MSEC)
#define EVERY_NS (10 * NSEC_PER_MSEC)

void departures_init(struct departures *d, span_t watch)
{
	memset(d, 0, sizeof(*d));
	d->every.ns = 2 * watch.ns / DEPARTURES_READINGS;
	if (d->every.ns < EVERY_NS)
		d->every.ns = EVERY_NS;
}

static uint64_t oldest(const struct departures *d)
{
	return d->readings > DEPARTURES_READINGS
		       ? d->readings - DEPARTURES_READINGS
		       : 0;
}

static mono_t reading_at(const struct departures *d, uint64_t i)
{
	return d->reading[i % DEPARTURES_READINGS].at;
}

static uint64_t deficit(const struct departures *d, uint64_t i)
{
	return d->reading[i % DEPARTURES_READINGS].deficit;
}

bool departures_want(const struct departures *d, mono_t now)
{
	return !d->readings ||
	       mono_sub(now, reading_at(d, d->readings - 1)).ns >= d->every.ns;
}

void departures_note(struct departures *d, mono_t now, uint64_t sent,
		     uint64_t counted)
{
	uint64_t i = d->readings % DEPARTURES_READINGS;

	if (!d->has_start) {
		d->has_start = true;
		d->sent_start = sent;
		d->counted_start = counted;
	}
	sent -= d->sent_start;
	counted -= d->counted_start;
	d->reading[i].at = now;
	d->reading[i].deficit = sent > counted ? sent - counted : 0;
	d->readings++;
}

bool departures_missed(struct departures *d, mono_t sent_at,
		       uint64_t unanswered)
{
	mono_t settled = mono_add(sent_at, span_ns(SETTLED_NS));
	uint64_t after = UINT64_MAX, before = 0;

	/* What stays of a deficit is the least of all later ones. */
	for (uint64_t i = d->readings; i-- > oldest(d);) {
		if (mono_before(reading_at(d, i), sent_at)) {
			before = deficit(d, i);
			break;
		}
		if (!mono_before(reading_at(d, i), settled) &&
		    deficit(d, i) < after)
			after = deficit(d, i);
	}
	if (after == UINT64_MAX || after <= before || after <= d->booked ||
	    after > unanswered)
		return false;
	d->booked++;
	return true;
}
