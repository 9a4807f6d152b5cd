/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/interval.h"

#include <math.h>

#define TAIL 0.025
#define NORMAL_TAIL 1.959964

#define MIN_BATCHED 40
#define NO_SCATTER 1e-18 /* rounding of equal batch means */
#define LENGTHS 26
#define LENGTH_MIN 0.5
#define LENGTH_SHORT 8
#define NOISE 0.03
#define PRIOR_NONE 0.6
#define PRIOR_NOISY (1.0 / 3)
#define WEIGHT_MIN 1e-5

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

static void batch_layout(size_t n, struct batches *out)
{
	out->n = n;
	out->count = n < MIN_BATCHED ? 0 : n / 8 * 4;
	if (out->count > INTERVAL_BATCHES)
		out->count = INTERVAL_BATCHES;
}

static size_t batch_start(const struct batches *b, size_t batch)
{
	return b->n * batch / b->count;
}

/* Of one of the two, the other NULL; inlined, so that no sample asks which. */
static inline void batch(const int64_t *whole, const int32_t *thinned, size_t n,
			 int64_t limit, struct batches *out)
{
	batch_layout(n, out);
	for (size_t b = 0; b < out->count; b++) {
		size_t from = batch_start(out, b), to = batch_start(out, b + 1);
		size_t hits = 0;

		for (size_t i = from; i < to; i++)
			hits += (whole ? whole[i] : thinned[i]) <= limit;
		out->mean[b] = (double)hits / (to - from);
	}
}

void interval_batch(const int64_t *trace, size_t n, int64_t limit,
		    struct batches *out)
{
	batch(trace, NULL, n, limit, out);
}

void interval_batch_short(const int32_t *trace, size_t n, int32_t limit,
			  struct batches *out)
{
	batch(NULL, trace, n, limit, out);
}

static double batch_average(const struct batches *b)
{
	double sum = 0;

	for (size_t i = 0; i < b->count; i++)
		sum += b->mean[i];
	return sum / b->count;
}

/* Squares of the cosine coefficients 1 to count / 2 (DCT-II), so scaled that
 * each is worth the variance of the average where samples are independent.
 * Returns their sum. */
static double batch_spectrum(const struct batches *b, double *power)
{
	size_t period = 4 * b->count;
	double average = batch_average(b), wave[4 * INTERVAL_BATCHES], sum = 0;

	for (size_t i = 0; i < period; i++)
		wave[i] = M_SQRT2 / b->count * cos(2 * M_PI * i / period);
	for (size_t j = 1; j <= b->count / 2; j++) {
		double c = 0;

		for (size_t i = 0; i < b->count; i++)
			c += (b->mean[i] - average) *
			     wave[j * (2 * i + 1) % period];
		power[j] = c * c;
		sum += power[j];
	}
	return sum;
}

/* What may have made the batches: memory of 1/length of the run, with noise
 * that has none, a part of the first coefficient; length 0: no memory. */
struct cause {
	double length;
	double noise;
	double prior;
	double weight; /* by what was seen too: a logarithm, then a part of 1 */
	double scale;  /* of the average's t distribution: squared, times k */
};

static size_t cause_list(struct cause *list)
{
	size_t n = 0;

	list[n++] = (struct cause){ .prior = PRIOR_NONE };
	for (int i = 0; i < LENGTHS; i++) {
		double length = LENGTH_MIN * exp2(i / 2.0);
		double prior = (1 - PRIOR_NONE) / LENGTHS;

		list[n++] = (struct cause){
			.length = length,
			.prior = prior * (1 - PRIOR_NOISY),
		};
		list[n++] = (struct cause){
			.length = length,
			.noise = NOISE,
			.prior = prior * PRIOR_NOISY,
		};
	}
	return n;
}

/* Expected power of coefficient j, relative to the 0th of an endless run. */
static double cause_power(const struct cause *c, size_t j)
{
	double root = sqrt(1 + pow(M_PI * j / c->length, 2));

	return 1 / (root * sqrt(root));
}

/* Of the average itself, from the exponential's integral over a run of finite
 * length: 1 where that is long. */
static double cause_average(const struct cause *c)
{
	return 1 + expm1(-c->length) / c->length;
}

static void cause_weigh(struct cause *c, const double *power, size_t k)
{
	double product = 1, sum = 0, noise = 0, average = 1;

	if (c->length > 0) {
		noise = c->noise * cause_power(c, 1);
		average = cause_average(c) + noise;
	}
	for (size_t j = 1; j <= k; j++) {
		double s = c->length > 0 ? cause_power(c, j) + noise : 1;

		product *= s;
		sum += power[j] / s;
	}
	c->scale = average * sum;
	c->weight = log(c->prior) - (log(product) + k * log(sum)) / 2;
}

/* Weights that sum to 1, what weighs nothing left out; returns how many. */
static size_t cause_normalize(struct cause *list, size_t n)
{
	double most = -INFINITY, sum = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, list[i].weight);
	for (size_t i = 0; i < n; i++) {
		list[i].weight = exp(list[i].weight - most);
		if (list[i].weight < WEIGHT_MIN)
			continue;
		sum += list[i].weight;
		list[kept++] = list[i];
	}
	for (size_t i = 0; i < kept; i++)
		list[i].weight /= sum;
	return kept;
}

/* P(|average - p| > off): Student's t with an even k degrees of freedom, by its
 * finite sum (Abramowitz and Stegun 26.7.4). */
static double cause_tail(const struct cause *c, double off, size_t k)
{
	double cos2 = c->scale / (c->scale + off * off), term = 1, sum = 1;

	for (size_t i = 2; i < k; i += 2) {
		term *= cos2 * (i - 1) / i;
		sum += term;
	}
	return 1 - sqrt(1 - cos2) * sum;
}

static double tail_of_all(const struct cause *list, size_t n, double off,
			  size_t k)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += list[i].weight * cause_tail(&list[i], off, k);
	return sum;
}

/* Half the width that leaves TAIL on either side, to 1 in 1000. */
static double half_width(const struct cause *list, size_t n, size_t k)
{
	double lo = 0, hi = 1;

	while (hi - lo > 1e-3 * hi && hi > 1e-9) {
		double mid = lo > 0 ? sqrt(lo * hi) : hi / 4;

		if (tail_of_all(list, n, mid, k) > 2 * TAIL)
			lo = mid;
		else
			hi = mid;
	}
	return hi;
}

struct memory interval_memory(const struct batches *b)
{
	double power[INTERVAL_BATCHES / 2 + 1], part, width, brief = 0;
	struct cause list[2 * LENGTHS + 1];
	size_t k = b->count / 2, n;

	if (!b->count || batch_spectrum(b, power) < NO_SCATTER)
		return (struct memory){ INFINITY, false };
	n = cause_list(list);
	for (size_t i = 0; i < n; i++)
		cause_weigh(&list[i], power, k);
	n = cause_normalize(list, n);
	for (size_t i = 0; i < n; i++)
		if (list[i].length > 0 && list[i].length <= LENGTH_SHORT)
			brief += list[i].weight;
	part = batch_average(b);
	width = half_width(list, n, k) / NORMAL_TAIL;
	return (struct memory){ fmax(1, part * (1 - part) / (width * width)),
				brief > 0.5 };
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
	struct ranks r = { 0 };

	binomial_ranks(n, p, &lo, &hi);
	r.has_lo = lo >= 1;
	r.has_hi = hi <= n;
	if (n_eff < n) {
		binomial_ranks(n_eff, p, &few_lo, &few_hi);
		r.has_lo = r.has_lo && few_lo >= 1;
		r.has_hi = r.has_hi && few_hi <= n_eff;
		lo = fmin(lo, floor((few_lo - 1) * (n / n_eff)) + 1);
		hi = fmin(n, fmax(hi, ceil(few_hi * (n / n_eff))));
	}
	if (r.has_lo)
		r.lo = lo;
	if (r.has_hi)
		r.hi = hi;
	return r;
}
