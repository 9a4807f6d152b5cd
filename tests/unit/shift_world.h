/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples with and without a delay on each value: how far it has really moved
 * a quantile, for the tests of the bounds on that. */
#ifndef XRTT_SHIFT_WORLD_H
#define XRTT_SHIFT_WORLD_H

#include <stdbool.h>

#include "unit.h"

#define DELAYS 1000
#define VALUES_MAX 2000

struct shift_world {
	struct prng prng;
	int what; /* is delayed, as the draws understand it */
	int kind; /* of delay, as well */
	double p;
	size_t n;
	double last;		   /* drawn, for a draw with a memory */
	int64_t pure[VALUES_MAX];  /* these three ascending */
	int64_t value[VALUES_MAX]; /* delayed, `n` as of the pure ones */
	double delay[DELAYS];	   /* other draws of it */
};

struct shift_draws {
	double (*pure)(struct shift_world *w); /* ns above 50 ms */
	double (*delay)(struct prng *prng, int kind);
};

/* Draws a sample of `n`: the shift of its p-quantile, of this very sample. */
double shift_simulate(struct shift_world *w, const struct shift_draws *draws);

/* All of `whats` with all of `kinds`, the median of 500 values and p99 of
 * VALUES_MAX: how many `holds` did not hold of. */
int shift_sweep(struct shift_world *w, int whats, int kinds,
		bool (*holds)(struct shift_world *w));

/* For qsort(), double ascending. */
int shift_compare_delays(const void *a, const void *b);

#endif
