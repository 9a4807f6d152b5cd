/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two-sided 95 % confidence intervals: for a ratio, and for quantiles by order
 * statistics, without assuming a distribution, widened for autocorrelation.
 *
 * For n independent samples the ranks are exact binomial: lo is the largest
 * rank with P(B < lo) <= 0.025 and hi the smallest with P(B >= hi) <= 0.025, B
 * being the number of samples below the quantile. Where there is no such rank
 * that end is not finite: p99 needs 368 samples for an upper end, p99.9 3688
 * (0.999^3687 is 0.0250009).
 *
 * Round trips are correlated. The indicators 1[x <= quantile] are averaged in
 * 20 consecutive batches; the variance of those means over what independence
 * would give tells how many independent samples there are (n_eff). The ranks
 * are then those of n_eff samples, spread over the n there are, n_eff reduced
 * by (1.960 / 2.093)^2 because only 20 means stand behind it (t with 19 degrees
 * of freedom); they are never inside the binomial ones of n. Below 40 samples
 * the batches say nothing, and the binomial interval stands.
 */
#ifndef XRTT_MODEL_INTERVAL_H
#define XRTT_MODEL_INTERVAL_H

#include <stddef.h>

#include "model/result.h"

#define INTERVAL_BATCHES 20

/* A quantile as a whole number of thousandths: 500, 999. */
typedef unsigned int per_mille_t;

/* Means of an indicator over consecutive batches of `n` samples. */
struct batches {
	size_t n;
	double mean[INTERVAL_BATCHES];
};

/* Ranks from 1, in ascending order, of the samples that end the interval. */
struct ranks {
	bool has_lo, has_hi; /* that end is finite */
	uint64_t lo, hi;
};

/* P(B <= k) for B binomial with n trials of probability p; n may be broken. */
double interval_binomial(double n, double k, double p);

/* Clopper-Pearson: holds its level for every n. For n == 0 no end is finite. */
struct ci interval_ratio(uint64_t hits, uint64_t n);

/* `trace` is in time order; the indicator is trace[i] <= limit. */
void interval_batch(const int64_t *trace, size_t n, int64_t limit,
		    struct batches *out);
void interval_batch_short(const int32_t *trace, size_t n, int32_t limit,
			  struct batches *out);

/* How many independent samples say as much. More than n where the batches
 * happen to scatter less than independence has them; infinite where they cannot
 * tell: below 40 samples, or all batches alike. */
double interval_n_eff(const struct batches *b);

/*
 * True if the batch means are themselves correlated: memory outlasts a batch,
 * so n_eff is too large and the interval too narrow. One-sided test of their
 * lag-1 correlation r against its mean -1/20 and deviation 0.2065 (Moran 1948)
 * under independence: r > 0.430, a false alarm in 1 of 100 runs.
 */
bool interval_is_short(const struct batches *b);

/* Ranks for the quantile among n samples worth n_eff. */
struct ranks interval_ranks(uint64_t n, double n_eff, per_mille_t quantile);

#endif
