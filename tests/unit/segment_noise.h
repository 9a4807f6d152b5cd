/* SPDX-License-Identifier: GPL-2.0-only */
/* Round trips for the segment tests: a level and the noise above it. */
#ifndef XRTT_SEGMENT_NOISE_H
#define XRTT_SEGMENT_NOISE_H

#include "unit.h"

#include "model/time.h"

#define LEVEL_NS INT64_C(10000000)
#define SCALE_NS 100000.0 /* the noise's */
#define INTERVAL_NS (10 * NSEC_PER_MSEC)
#define BLOCK 25 /* samples of a block at that interval */
#define SERIES_ROOM 262144

enum noise {
	NOISE_EXPONENTIAL,
	NOISE_CORRELATED, /* exponential, memory 0.5 s */
	NOISE_PARETO,	  /* index 1.2: no variance */
	NOISE_QUEUE,	  /* busy periods, their height wandering */
	NOISE_PLATEAU,	  /* busy periods as flat as a level */
	NOISES,
};

extern const char *const noise_name[NOISES];

extern int64_t series[SERIES_ROOM];

void series_make(struct prng *prng, enum noise noise, int n);
void series_shift(int from, int to, double by);

/* Of the minima of the series' blocks: a robust deviation. */
double series_scatter(int n);

/* For qsort(), int64_t ascending. */
int series_compare(const void *a, const void *b);

#endif
