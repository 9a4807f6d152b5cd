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
 * up to 96 consecutive batches, and the lower half of the batches' cosine
 * coefficients is held against what may have made them: independent samples
 * (taken for 60 % likely beforehand), or memory of 1/L of the run, L from 1/2
 * to 2896 in steps of sqrt 2, a third of these with some independent noise on
 * top. Coefficient j then has a variance of (1 + (pi j / L)^2)^(-3/4), the
 * noise 3 % of the first one's: for exponential memory the power would be -1,
 * but an indicator is rougher than its samples. Each cause gives Student's t,
 * with as many degrees of freedom as coefficients, for how far the average lies
 * from its expectation; all of them, each with the weight the coefficients
 * leave it, give the 95 % half-width, which says how many independent samples
 * would have done as well: n_eff. The ranks are those of n_eff samples, spread
 * over the n there are; they are never inside the binomial ones of n. Below 40
 * samples the batches say nothing, and the binomial interval stands.
 *
 * A run is too short for its memory if L <= 8 is more likely than not. How many
 * are, and how many intervals of the others held the law's quantile, in per
 * cent (unit test, seed 20261123, XRTT_RUNS=1000: 3000 runs a row, of 500, 2000
 * and 10000 samples with correlation e^(-t / memory)):
 *
 *   run in    exponential law               normal law
 *   memories   short    p50    p90    p99    short    p50    p90    p99
 *   none        0.1   96.9   96.8   98.0      0.0   97.3   96.5   97.9
 *   1          96.1   94.1   91.5   98.3     96.9   92.6   90.4   97.9
 *   2          95.0   94.0   92.7   99.3     95.7   93.8   90.7   98.4
 *   5          88.5   96.8   95.9   99.1     90.5   97.2   93.0   99.3
 *   10         72.0   98.2   93.6   98.7     81.2   98.9   94.7   97.3
 *   20         38.0   97.6   95.9   96.5     46.7   99.3   96.2   95.2
 *   30         17.5   97.6   95.1   95.1     21.5   98.8   96.4   95.6
 *   60          2.9   97.3   95.5   93.6      3.7   97.4   95.5   93.8
 *   100         0.9   96.2   96.3   94.5      1.6   96.3   96.1   95.6
 *   200         0.4   96.3   96.0   95.2      0.5   95.9   96.2   96.3
 *   1000        0.1   96.7   96.6   97.6      0.1   96.6   96.8   97.9
 *
 * Flagged or not, 92.3 to 99.8 % of the intervals hold it in every row: those
 * of the shortest runs mostly by having no finite end.
 *
 * Where as much noise without memory is added ("noisy" in the test), what is
 * slow hides: of runs of 1 memory 11 % are not flagged, and 40 to 54 % of these
 * hold it; from 30 memories on 93 to 98 % do.
 */
#ifndef XRTT_MODEL_INTERVAL_H
#define XRTT_MODEL_INTERVAL_H

#include <stddef.h>

#include "model/result.h"

#define INTERVAL_BATCHES 96

/* A quantile as a whole number of thousandths: 500, 999. */
typedef unsigned int per_mille_t;

/* Means of an indicator over consecutive batches of `n` samples. */
struct batches {
	size_t n;
	size_t count; /* a multiple of 4; 0 below 40 samples */
	double mean[INTERVAL_BATCHES];
};

struct memory {
	double n_eff;  /* as many independent samples would say as much */
	bool is_short; /* the run, for its memory */
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

/* n_eff is 1 at least, may exceed n where the batches happen to scatter little,
 * and is infinite where they cannot tell: below 40 samples, or all batches
 * alike. 60 us. */
struct memory interval_memory(const struct batches *b);

/* Ranks for the quantile among n samples worth n_eff. */
struct ranks interval_ranks(uint64_t n, double n_eff, per_mille_t quantile);

#endif
