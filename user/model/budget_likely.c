// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/budget.h"
#include "model/prng.h"

#define SEED 1
#define Z95 1.645 /* one-sided */

/* Ascending order is no order to add things up in; another, always the same. */
static void shuffle(double *value, size_t n, struct prng *prng)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = prng_below(prng, i);
		double keep = value[i - 1];

		value[i - 1] = value[j];
		value[j] = keep;
	}
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int budget_hops(const double *delay, size_t m, unsigned int hops, double *out)
{
	double *one = malloc(m * sizeof(*one));
	struct prng prng;

	if (!one)
		return -ENOMEM;
	prng_init(&prng, SEED);
	for (size_t i = 0; i < m; i++) {
		one[i] = delay[i];
		out[i] = 0;
	}
	for (unsigned int hop = 0; hop < hops; hop++) {
		shuffle(one, m, &prng);
		for (size_t i = 0; i < m; i++)
			out[i] += one[i];
	}
	qsort(out, m, sizeof(*out), by_size);
	free(one);
	return 0;
}

/* E's p-quantile as a bound at 95 %, by the normal approximation of the rank.
 */
static double quantile_bound(const double *delay, size_t m, double p)
{
	double rank = ceil(m * p + Z95 * sqrt(m * p * (1 - p)));

	return delay[rank < m ? (size_t)rank : m - 1];
}

/* How many of the ascending values are below `limit`. */
static size_t count_below(const int64_t *value, size_t n, double limit)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (value[mid] < limit)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Where everything from so far below the quantile upwards is one X: its rank
 * among those. */
static double shift_of_cluster(const int64_t *value, size_t n,
			       const double *delay, size_t m, size_t k)
{
	double reach = quantile_bound(delay, m, (double)k / n);
	size_t below = count_below(value, n, value[k - 1] - reach);

	return quantile_bound(delay, m, (double)(k - below) / (n - below));
}

/* Where the X lie apart: the mean of as many delays as there are values so
 * near that they may have changed places, or one probe's own. */
static double shift_of_spread(const int64_t *value, size_t n,
			      const double *delay, size_t m, size_t k)
{
	double most = quantile_bound(delay, m, 0.95), mean = 0;
	size_t near;

	for (size_t i = 0; i < m; i++)
		mean += delay[i] / m;
	near = count_below(value, n, value[k - 1] + most) -
	       count_below(value, n, value[k - 1] - most);
	return mean + fmax(0, most - mean) / sqrt(near);
}

double budget_shift_likely(const int64_t *value, size_t n, const double *delay,
			   size_t m, double p)
{
	double sure = budget_shift(value, n, delay, m, p);
	size_t k = ceil(n * p);

	if (!isfinite(sure))
		return sure;
	return fmin(sure, fmax(shift_of_cluster(value, n, delay, m, k),
			       shift_of_spread(value, n, delay, m, k)));
}
