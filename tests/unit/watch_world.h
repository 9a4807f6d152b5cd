/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows between two hosts over paths that shift, for the tests of what finds
 * the shifts: probes lost, positive noise with a heavy tail, busy periods of
 * all of a flow's probes, clocks that drift against each other. */
#ifndef XRTT_WATCH_WORLD_H
#define XRTT_WATCH_WORLD_H

#include "unit.h"

#include "model/watch.h"

#define WORLD_LOSS 0.05
#define WORLD_SHIFTS 8

/* ns and seconds */
struct world_noise {
	double scale_ns, index; /* Pareto */
	double every_s;		/* busy periods, on average; 0: none */
	double floor_ns;	/* at most, of one of its own that half have */
	double queue_ns;	/* beyond it, on average at most */
	double until_s, left_s; /* from here on as of now */
	double low_ns, mean_ns;
	bool returning; /* it is on the way back */
};

struct world_shift {
	double at_s;
	double by_ns;
	bool returning;
};

struct world_flow {
	struct prng *prng;
	double interval_s;
	double bar_ns;	  /* of the instrument, of this: */
	double offset_ns; /* the flow's own, and up to this on top */
	double jitter_ns;
	double level_ns;
	double drift; /* of the far clock */
	struct world_noise noise;
	size_t shifts;
	struct world_shift shift[WORLD_SHIFTS];
	double begun_s; /* of its first probe, less than an interval */
	uint64_t sent;
	double excess_ns; /* of the last sample */
	bool busy;	  /* it met */
};

/* 0.1 to 5 s, as likely in each octave. */
void world_noise_begin(struct prng *prng, struct world_noise *noise);

void world_flow_begin(struct world_flow *f, struct prng *prng);

/* The next that is answered. */
struct watch_sample world_flow_next(struct world_flow *f);

double world_log_uniform(struct prng *prng, double lo, double hi);

/* XRTT_RUNS, else `otherwise`. */
int world_runs(int otherwise);

#endif
