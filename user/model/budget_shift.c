/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>

#include "model/budget.h"
#include "model/interval.h"

#define DOUBT 0.05
#define DOUBT_EACH (DOUBT / 8)
#define HALVINGS 48

/* No delay is taken to be more than this many times the greatest seen. */
#define BEYOND 2

/* Ranks are taken together in blocks of this part of their distance from k, so
 * that they are finest where the quantile is. */
#define BLOCK_PART 64

/* Where on E's own distribution the tests are made. */
static const double test_at[] = { 0.02,	 0.05,	0.1,   0.2,  0.35, 0.5,
				  0.65,	 0.8,	0.9,   0.95, 0.98, 0.99,
				  0.995, 0.998, 0.999, 1 };

#define TESTS (sizeof(test_at) / sizeof(test_at[0]))

struct shift {
	const int64_t *value;
	size_t n;
	const double *delay;
	size_t m;
	size_t k; /* rank of the quantile, from 1 */
};

size_t budget_rank(size_t n, double p)
{
	size_t k = ceil(p * (double)n - 1e-9);

	return k < 1 ? 1 : k > n ? n : k;
}

/* How many delays are <= x. */
static size_t count_delays(const struct shift *s, double x)
{
	size_t lo = 0, hi = s->m;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->delay[mid] <= x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t count_values(const struct shift *s, double x)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if ((double)s->value[mid] <= x)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* L of the header, each block standing at its upper end. */
static double least_expected(const struct shift *s, double least, double t)
{
	double sum = 0;
	size_t next;

	for (size_t i = 0; i < s->k; i = next) {
		double x;

		next = i + 1 + (s->k - 1 - i) / BLOCK_PART;
		x = fmin((double)s->value[next - 1], least);
		sum += (double)(next - i) * (double)count_delays(s, t - x);
	}
	return sum / (double)(s->m + 1);
}

/* Whether X_(k) <= least is out of the question. */
static bool is_refuted(const struct shift *s, double least)
{
	double part = (double)s->m / (double)(s->k + s->m);
	double trials = part * (double)s->k;

	for (size_t i = 0; i < TESTS; i++) {
		double t = least + s->delay[budget_rank(s->m, test_at[i]) - 1];
		double expected = part * least_expected(s, least, t);
		double seen = part * (double)count_values(s, t);

		if (seen <= expected - 1 &&
		    interval_binomial(trials, seen, expected / trials) <
			    DOUBT_EACH)
			return true;
	}
	return false;
}

double budget_shift(const int64_t *value, size_t n, const double *delay,
		    size_t m, double p)
{
	struct shift s = { value, n, delay, m, budget_rank(n, p) };
	double low, high, end;

	if (!n || !m)
		return INFINITY;
	end = high = value[s.k - 1];
	low = end - BEYOND * delay[m - 1];
	for (int i = 0; i < HALVINGS && high - low > 0.5; i++) {
		double mid = low + (high - low) / 2;

		if (is_refuted(&s, mid))
			low = mid;
		else
			high = mid;
	}
	return end - low;
}

/* P(none of k further delays is above the j-th of m) is the product over i < k
 * of (j + i) / (m + 1 + i): m / (m + k) for j = m, and from j to j - 1 times
 * (j - 1) / (j - 1 + k). */
double budget_shift_any(const double *delay, size_t m, size_t n, double p)
{
	double none, next, k;
	size_t j = m;

	if (!n || !m)
		return INFINITY;
	k = budget_rank(n, p);
	none = (double)m / ((double)m + k);
	if (none < 1 - DOUBT)
		return INFINITY;
	for (; j > 1; j--, none = next) {
		next = none * (double)(j - 1) / ((double)(j - 1) + k);
		if (next < 1 - DOUBT)
			break;
	}
	return delay[j - 1];
}
