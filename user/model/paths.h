/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The best, the median and the worst of the paths that N flows showed, and what
 * each of them is above light's own time.
 */
#ifndef XRTT_MODEL_PATHS_H
#define XRTT_MODEL_PATHS_H

#include "model/flows.h"

enum path_rank {
	PATH_BEST,
	PATH_MEDIAN, /* half of all time seen was spent on it or on better */
	PATH_WORST,
	PATH_RANKS,
};

struct path_facts {
	int flow_class;
	int64_t above_best_ns;		/* its minimum less the best one's */
	struct range inflation[FLOORS]; /* not finite where not known */
};

/* False where there is no class. */
bool paths_rank(const struct result *result, const struct flows *flows,
		struct path_facts out[PATH_RANKS]);

/* Shifts found where there were none: the bound that holds 95 % of the time on
 * how many there are in `hours`, when `events` were found in `watched` hours
 * (Poisson). */
double paths_false_events(uint64_t events, double watched, double hours);

#endif
