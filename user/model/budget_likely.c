// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/budget.h"
#include "model/prng.h"
#include "model/select.h"

#define SEED 1
#define Z95 2.0 /* k of all bars (model/budget.h) */
#define TRIES 99
#define TRIES_95 96	 /* one more for values that hold a delay already */
#define VALUES_MAX 16384 /* fewer scatter more */

struct delays {
	const double *ns;
	size_t m;
	struct prng *prng;
};

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

void budget_sort(double *delay, size_t n)
{
	qsort(delay, n, sizeof(*delay), by_size);
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
	budget_sort(out, m);
	free(one);
	return 0;
}

/* The most, at 95 %, that the p-quantile of n delays is, from m others: by the
 * normal approximation of the rank. */
static double quantile_bound(const double *delay, size_t m, double p, size_t n)
{
	double scatter = p * (1 - p) * (1.0 / m + 1.0 / n);
	double rank = ceil(m * p + Z95 * m * sqrt(scatter));

	return delay[rank < m ? (size_t)rank : m - 1];
}

/* The most, at 95 %, that one more delay is. */
static double single_bound(const double *delay, size_t m)
{
	size_t rank = ceil(0.95 * (m + 1));

	return delay[(rank < m ? rank : m) - 1];
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
	double reach = quantile_bound(delay, m, (double)k / n, n);
	size_t below = count_below(value, n, value[k - 1] - reach);

	n -= below;
	return quantile_bound(delay, m, (double)(k - below) / n, n);
}

/* What one more such delay does to the quantile of `few` values. */
static double one_more(const int64_t *few, size_t n, const struct delays *e,
		       uint64_t rank, int64_t *sum)
{
	for (size_t i = 0; i < n; i++)
		sum[i] = few[i] + llround(e->ns[prng_below(e->prng, e->m)]);
	select_ranks(sum, n, &rank, 1);
	return sum[rank - 1] - few[rank - 1];
}

/* Where the X lie apart they are much like the values, and did to the quantile
 * what one more such delay would. INFINITY without memory. */
static double shift_of_spread(const int64_t *value, size_t n,
			      const double *delay, size_t m, double p)
{
	size_t step = n / VALUES_MAX + 1, few = n / step;
	int64_t *thin = calloc(2 * few, sizeof(*thin));
	struct prng prng;
	struct delays e = { delay, m, &prng };
	double try[TRIES];

	if (!thin)
		return INFINITY;
	prng_init(&prng, SEED);
	for (size_t i = 0; i < few; i++)
		thin[i] = value[i * step];
	for (int i = 0; i < TRIES; i++)
		try[i] = one_more(thin, few, &e, budget_rank(few, p),
				  thin + few);
	free(thin);
	budget_sort(try, TRIES);
	return try[TRIES_95 - 1];
}

/*
 * The same by arithmetic: on the mean shift, E's mean, comes the scatter of how
 * many values pass the quantile, of variance density * integral of F (1 - F),
 * or one delay's own scatter where nobody is near enough to pass.
 */
static double shift_of_passing(const int64_t *value, size_t n,
			       const double *delay, size_t m, size_t k)
{
	double reach = single_bound(delay, m);
	double mean = delay[0], passing = 0;
	size_t near;

	for (size_t i = 1; i < m; i++) {
		double above = 1 - (double)i / m;

		mean += (delay[i] - delay[i - 1]) * above;
		passing += (delay[i] - delay[i - 1]) * above * (1 - above);
	}
	near = count_below(value, n, value[k - 1] + reach) -
	       count_below(value, n, value[k - 1] - reach);
	return fmin(reach, mean + Z95 * sqrt(2 * reach * passing / near));
}

double budget_shift_likely(const int64_t *value, size_t n, const double *delay,
			   size_t m, double p)
{
	double shift = budget_shift(value, n, delay, m, p);
	size_t k = budget_rank(n, p);
	double likely;

	if (!isfinite(shift))
		return shift;
	likely = shift_of_cluster(value, n, delay, m, k);
	likely = fmax(likely, shift_of_spread(value, n, delay, m, p));
	likely = fmax(likely, shift_of_passing(value, n, delay, m, k));
	return fmin(shift, likely);
}
