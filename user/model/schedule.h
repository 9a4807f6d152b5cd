/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When each probe is due, as offsets from the start of the run. Open loop: no
 * due time depends on when an earlier probe really went or was answered.
 */
#ifndef XRTT_MODEL_SCHEDULE_H
#define XRTT_MODEL_SCHEDULE_H

#include "model/prng.h"
#include "model/time.h"

enum schedule_kind {
	SCHEDULE_FIXED,	  /* every interval, from a random first phase */
	SCHEDULE_POISSON, /* exponential gaps with the interval as mean */
};

struct schedule {
	enum schedule_kind kind;
	span_t interval;
	struct prng prng;
	uint64_t count; /* fixed: probes so far */
	int64_t phase;	/* fixed: offset of the first */
	int64_t last;	/* Poisson: the latest offset */
	double rest;	/* Poisson: what rounding to ns left over */
};

/*
 * The same seed gives the same offsets. An interval of 0 makes every offset 0;
 * a negative one counts as 0.
 */
void schedule_init(struct schedule *s, enum schedule_kind kind, span_t interval,
		   uint64_t seed);

/*
 * The next probe's offset, never before the last one's. Fixed offsets are
 * phase + n * interval in integers, exact until they leave 63 bits; Poisson
 * ones carry the rounding error on, so that the mean gap is the interval.
 */
span_t schedule_next(struct schedule *s);

#endif
