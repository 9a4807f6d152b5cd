// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/budget.h"
#include "model/prng.h"
#include "model/select.h"

#define SEED 1

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

/* The p-quantile's upper bound, by the normal approximation of the rank. */
static double quantile_bound(const double *delay, size_t m, double p)
{
	double rank = ceil(m * p + 1.645 * sqrt(m * p * (1 - p)));

	return delay[rank < m ? (size_t)rank : m - 1];
}

/* INFINITY where there is no memory to find out. */
static double one_more(const int64_t *value, size_t n, const double *delay,
		       size_t m, double p)
{
	uint64_t rank = ceil(n * p);
	int64_t *sum = malloc(n * sizeof(*sum));
	struct prng prng;
	double shift;

	if (!sum)
		return INFINITY;
	prng_init(&prng, SEED);
	for (size_t i = 0; i < n; i++)
		sum[i] = value[i] + llround(delay[prng_below(&prng, m)]);
	select_ranks(sum, n, &rank, 1);
	shift = sum[rank - 1] - value[rank - 1];
	free(sum);
	return shift;
}

double budget_shift_likely(const int64_t *value, size_t n, const double *delay,
			   size_t m, double p)
{
	double sure = budget_shift(value, n, delay, m, p);

	if (!isfinite(sure))
		return sure;
	return fmin(sure, fmax(quantile_bound(delay, m, p),
			       one_more(value, n, delay, m, p)));
}
