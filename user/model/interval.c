/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/interval.h"

#include <math.h>

#define TAIL 0.025
#define NORMAL_TAIL 1.959964
#define T19_TAIL 2.093024
#define MIN_BATCHED (2 * INTERVAL_BATCHES)
#define LAG1_LIMIT 0.430
#define NO_SCATTER 1e-18 /* rounding of equal batch means */

#define FRACTION_STEPS 1000000
#define FRACTION_TINY 1e-300

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

static double not_zero(double x)
{
	return fabs(x) < FRACTION_TINY ? FRACTION_TINY : x;
}

/* Continued fraction of the incomplete beta function (DLMF 8.17.22), evaluated
 * forward by Lentz's method; it converges fast for x < (a + 1) / (a + b + 2),
 * in O(sqrt(max(a, b))) steps. */
static double beta_fraction(double a, double b, double x)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), f = d;

	for (int m = 1; m < FRACTION_STEPS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x /
			     ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		f *= c * d;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		step = c * d;
		f *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return f;
}

/* I_x(a, b), the regularized incomplete beta function; y is 1 - x. */
static double incomplete_beta(double a, double b, double x, double y)
{
	double front;

	if (x <= 0)
		return 0;
	if (y <= 0)
		return 1;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) +
		    a * log(x) + b * log(y));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, y) / b;
}

double interval_binomial(double n, double k, double p)
{
	if (k < 0)
		return 0;
	if (k >= n)
		return 1;
	return incomplete_beta(n - k, k + 1, 1 - p, p);
}

/* The p at which P(B <= k) falls to `level`. */
static double ratio_at(double n, double k, double level)
{
	double lo = 0, hi = 1;

	for (int i = 0; i < 100; i++) {
		double mid = (lo + hi) / 2;

		if (interval_binomial(n, k, mid) > level)
			lo = mid;
		else
			hi = mid;
	}
	return (lo + hi) / 2;
}

struct ci interval_ratio(uint64_t hits, uint64_t n)
{
	struct ci ci = { { true, 0 }, { true, 1 } };

	if (!n || hits > n)
		return (struct ci){ { false, 0 }, { false, 0 } };
	if (hits > 0)
		ci.lo.value = ratio_at(n, hits - 1.0, 1 - TAIL);
	if (hits < n)
		ci.hi.value = ratio_at(n, hits, TAIL);
	return ci;
}

static size_t batch_start(size_t n, size_t batch)
{
	return n * batch / INTERVAL_BATCHES;
}

static double batch_mean(size_t hits, size_t n)
{
	return n ? (double)hits / n : 0;
}

void interval_batch(const int64_t *trace, size_t n, int64_t limit,
		    struct batches *out)
{
	out->n = n;
	for (size_t b = 0; b < INTERVAL_BATCHES; b++) {
		size_t from = batch_start(n, b), to = batch_start(n, b + 1);
		size_t hits = 0;

		for (size_t i = from; i < to; i++)
			hits += trace[i] <= limit;
		out->mean[b] = batch_mean(hits, to - from);
	}
}

void interval_batch_short(const int32_t *trace, size_t n, int32_t limit,
			  struct batches *out)
{
	out->n = n;
	for (size_t b = 0; b < INTERVAL_BATCHES; b++) {
		size_t from = batch_start(n, b), to = batch_start(n, b + 1);
		size_t hits = 0;

		for (size_t i = from; i < to; i++)
			hits += trace[i] <= limit;
		out->mean[b] = batch_mean(hits, to - from);
	}
}

/* Mean, and sums of squares about it and of neighbours' products. */
static void batch_moments(const struct batches *b, double *mean, double *square,
			  double *neighbour)
{
	double last = 0;

	*mean = *square = *neighbour = 0;
	for (size_t i = 0; i < INTERVAL_BATCHES; i++)
		*mean += b->mean[i] / INTERVAL_BATCHES;
	for (size_t i = 0; i < INTERVAL_BATCHES; i++) {
		double off = b->mean[i] - *mean;

		*square += off * off;
		*neighbour += off * last;
		last = off;
	}
}

double interval_n_eff(const struct batches *b)
{
	double mean, square, neighbour;

	if (b->n < MIN_BATCHED)
		return INFINITY;
	batch_moments(b, &mean, &square, &neighbour);
	if (square <= NO_SCATTER)
		return INFINITY;
	square /= (INTERVAL_BATCHES - 1) * INTERVAL_BATCHES;
	return mean * (1 - mean) / square;
}

bool interval_is_short(const struct batches *b)
{
	double mean, square, neighbour;

	if (b->n < MIN_BATCHED)
		return false;
	batch_moments(b, &mean, &square, &neighbour);
	return square > NO_SCATTER && neighbour > LAG1_LIMIT * square;
}

/* The smallest k with P(B <= k) above `level`, for n trials. */
static double binomial_above(double n, double p, double level)
{
	double lo = -1, hi = floor(n);

	while (hi - lo > 1) {
		double mid = floor((lo + hi) / 2);

		if (interval_binomial(n, mid, p) > level)
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

/* Ranks among n samples, n and the upper one perhaps broken; below 1 or above n
 * they do not exist. */
static void binomial_ranks(double n, double p, double *lo, double *hi)
{
	*lo = binomial_above(n, p, TAIL);
	*hi = n + 1 - binomial_above(n, 1 - p, TAIL);
}

struct ranks interval_ranks(uint64_t n, double n_eff, per_mille_t quantile)
{
	double p = quantile / 1000.0, lo, hi, few_lo, few_hi;
	double worth =
		n_eff * (NORMAL_TAIL / T19_TAIL) * (NORMAL_TAIL / T19_TAIL);
	struct ranks r = { 0 };

	binomial_ranks(n, p, &lo, &hi);
	r.has_lo = lo >= 1;
	r.has_hi = hi <= n;
	if (worth < n) {
		binomial_ranks(worth, p, &few_lo, &few_hi);
		r.has_lo = r.has_lo && few_lo >= 1;
		r.has_hi = r.has_hi && few_hi <= worth;
		lo = fmin(lo, floor((few_lo - 1) * (n / worth)) + 1);
		hi = fmin(n, fmax(hi, ceil(few_hi * (n / worth))));
	}
	if (r.has_lo)
		r.lo = lo;
	if (r.has_hi)
		r.hi = hi;
	return r;
}
