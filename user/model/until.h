/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a run may stop because "network" is known well enough: once both ends of
 * a level's sampling interval (ci95) are within a given distance of its
 * quantile, at two looks in a row, and the run has seen enough of its own
 * memory: it is not flagged as too short, and both that level and the median
 * are worth 200 independent samples (model/interval.h). Were 20 enough, noise
 * that outlasts the first looks would stop a run when it has hardly begun: of
 * the intervals for p50 below, memory 200 probes, 5 to 46 % would then hold it.
 *
 * Stopping when an interval happens to be narrow makes it optimistic. So it is
 * looked at only when the number of samples has grown by a quarter: 8 looks
 * from 1000 to 5000. Of the runs that stopped, so many had an interval that
 * held the law's quantile (unit test, seed 20261123, XRTT_RUNS=250: 500 runs a
 * figure or more, standard error 1 %, two widths, 700 to 480000 probes):
 *
 *                             p50      p99
 *   exponential               95.8 %   94.8 %
 *   Pareto, index 1.2         96.4 %   95.8 %
 *   AR(1), memory 30 probes   96.2 %   94.0 %
 *   AR(1), memory 200 probes  96.0 %   95.9 %
 *
 * Beyond DISTRIBUTION_BOUND samples an interval narrows no further, so a run
 * asked for more goes on until its count or duration ends it.
 */
#ifndef XRTT_MODEL_UNTIL_H
#define XRTT_MODEL_UNTIL_H

#include "model/result.h"

#define UNTIL_N_EFF 200

struct until {
	enum level level;
	span_t within;
};

/* Zero before the first look. */
struct until_looks {
	uint64_t n; /* samples at the last one */
	bool reached;
};

/*
 * "p99±20us", or "+-" for those without a ± key; p50, p90, p99, p99.9 or p999,
 * and a time above 0 as time_parse() has it. 0 or -EINVAL.
 */
int until_parse(const char *text, struct until *out);

/* Whether a look now would be the next: cheap. */
bool until_is_due(const struct until_looks *looks, uint64_t n);

/* A look at what distribution_level() gave for that level. True: stop. */
bool until_look(struct until_looks *looks, const struct until *until,
		const struct duration *network);

/* The interval alone: both ends near enough, the run long enough. */
bool until_reached(const struct until *until, const struct duration *network);

#endif
