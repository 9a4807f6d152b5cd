// SPDX-License-Identifier: GPL-2.0-only
#include "model/paths.h"

#include <math.h>

/* What the shares may lack of their sum through rounding. */
#define ROUNDING 1e-9

#define MISSED 0.05 /* how often a bound does not hold */
#define HALVINGS 64

static size_t median_class(const struct flows *flows)
{
	double sum = 0;

	for (size_t i = 0; i < flows->classes; i++) {
		sum += flows->class[i].share;
		if (sum >= 0.5 - ROUNDING)
			return i;
	}
	return flows->classes - 1;
}

bool paths_rank(const struct result *result, const struct flows *flows,
		struct path_facts out[PATH_RANKS])
{
	size_t at[PATH_RANKS];

	if (!flows->classes)
		return false;
	at[PATH_BEST] = 0;
	at[PATH_MEDIAN] = median_class(flows);
	at[PATH_WORST] = flows->classes - 1;
	for (int i = 0; i < PATH_RANKS; i++) {
		const struct flow_class *class = &flows->class[at[i]];
		struct duration network = result->network;

		out[i] = (struct path_facts){
			.flow_class = (int)at[i],
			.above_best_ns = class->min_ns - flows->class[0].min_ns,
		};
		network.min = class->min_ns;
		for (int f = 0; f < FLOORS; f++)
			out[i].inflation[f] =
				result->has_distance
					? distance_over(&result->distance, f,
							&network)
					: (struct range){ NAN, NAN, NAN };
	}
	return true;
}

/* P(B <= k) for B of that mean. */
static double poisson_at_most(uint64_t k, double mean)
{
	double sum = 0;

	for (uint64_t i = 0; i <= k; i++)
		sum += exp((double)i * log(mean) - mean - lgamma(i + 1.0));
	return sum;
}

double paths_false_events(uint64_t events, double watched, double hours)
{
	double lo = 0;
	double hi = 10 + 4 * (double)events;

	if (!(watched > 0))
		return INFINITY;
	for (int i = 0; i < HALVINGS; i++) {
		double mean = (lo + hi) / 2;

		if (poisson_at_most(events, mean) > MISSED)
			lo = mean;
		else
			hi = mean;
	}
	return hi / watched * hours;
}
