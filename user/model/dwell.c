/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/dwell.h"

#include <math.h>
#include <stdlib.h>

#define TAIL 0.025

/* P(Poisson of mean `mean` >= n): the regularised lower gamma function, by its
 * series (Abramowitz and Stegun 6.5.29), summed down from its largest term. */
static double poisson_reaches(double n, double mean)
{
	double from = fmax(n, floor(mean)), term, sum = 0, first;
	int sign;

	first = exp(from * log(mean) - mean - lgamma_r(from + 1, &sign));
	term = first;
	for (double k = from; term > first * 1e-17 && term > 0; k++) {
		sum += term;
		term *= mean / (k + 1);
	}
	term = first;
	for (double k = from; k > n && term > first * 1e-17; k--) {
		term *= k / mean;
		sum += term;
	}
	return sum;
}

/* The mean with which so many or more have that probability. */
static double poisson_mean(double n, double probability)
{
	double lo = 0, hi = 2 * n + 20;

	for (int i = 0; i < 100; i++) {
		double middle = (lo + hi) / 2;

		if (poisson_reaches(n, middle) < probability)
			lo = middle;
		else
			hi = middle;
	}
	return (lo + hi) / 2;
}

static int compare(const void *a, const void *b)
{
	const struct dwell_span *x = a, *y = b;

	if (x->seconds != y->seconds)
		return x->seconds < y->seconds ? -1 : 1;
	return y->ended - x->ended;
}

static double median(const struct dwell_span *span, size_t n)
{
	double left = 0, alive = 1;

	for (size_t i = 0; i < n; i++)
		left += span[i].begun;
	for (size_t i = 0; i < n; i++) {
		if (!span[i].begun)
			continue;
		if (span[i].ended)
			alive *= 1 - 1 / left;
		left--;
		if (alive <= 0.5 + 1e-9)
			return span[i].seconds;
	}
	return INFINITY;
}

void dwell_estimate(struct dwell_span *span, size_t n, struct dwell *out)
{
	double seconds = 0, ends = 0;

	*out = (struct dwell){ .n = n, .mean = INFINITY };
	for (size_t i = 0; i < n; i++) {
		seconds += span[i].seconds;
		ends += span[i].ended;
		out->censored += !span[i].begun || !span[i].ended;
	}
	qsort(span, n, sizeof(*span), compare);
	out->median = median(span, n);
	out->ci95.lo = (struct bound){ true, seconds / poisson_mean(ends + 1,
								    1 - TAIL) };
	if (ends == 0)
		return;
	out->mean = seconds / ends;
	out->ci95.hi =
		(struct bound){ true, seconds / poisson_mean(ends, TAIL) };
}
