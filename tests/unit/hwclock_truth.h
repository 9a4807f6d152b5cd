/* SPDX-License-Identifier: GPL-2.0-only */
/* A NIC's clock made up: where it is at every moment is known, and readings of
 * it are made of that. */
#ifndef XRTT_HWCLOCK_TRUTH_H
#define XRTT_HWCLOCK_TRUTH_H

#include "model/hwclock.h"
#include "model/prng.h"

#define STEP_NS (100 * NSEC_PER_MSEC)
#define READINGS 300

/* NIC time = offset + (1 + rate) * ours, the rate wandering from reading to
 * reading, and stepped at one moment. */
struct truth {
	double rate[READINGS]; /* in each piece, ppm */
	double nic[READINGS];  /* at its beginning */
	double step;	       /* added from then on */
	int64_t step_at;
};

/* What the NIC's clock shows at a moment of ours. */
int64_t nic_at(const struct truth *t, int64_t mono);

/* A rate from -100 to 100 ppm or so that wanders by so many, and no step. */
void truth_make(struct truth *t, struct prng *prng, double wander);

struct bracket {
	double width;
	double where; /* of the NIC's moment in it, 0 to 1 */
};

/* Adds a reading whose NIC's moment is `mono`; half its bracket's width. */
double reading_add(struct hwclock *c, const struct truth *t, int64_t mono,
		   const struct bracket *b);

#endif
