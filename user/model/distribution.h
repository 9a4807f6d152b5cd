/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All samples of one duration in bounded memory.
 *
 * Up to `bound` samples are kept as they are, in time order: every quantile is
 * exact. With the next one all of them go into a sparse histogram of absolute
 * values (model/histogram.h), whose bins are 64 ns wide until the run's page
 * pool is spent, and the time-ordered array becomes a trace, half its size,
 * that serves the autocorrelation only (model/trace.h): full, it drops every
 * second entry and from then on takes half as many. n, min, max, mean and
 * stddev stay those of all samples.
 *
 * A quantile q is the inverted empirical distribution function (Hyndman and
 * Fan's type 1): the smallest sample x with F(x) >= q, so an exact one is
 * always a sample. From the histogram it is the middle of that sample's bin and
 * an interval's ends are the outer edges of theirs, all kept in [min, max]:
 * never further than one bin from the truth. Autocorrelation is then taken from
 * the trace as if it were all there is, which can only widen an interval: past
 * `bound` none gets narrower than `bound` independent samples have it.
 */
#ifndef XRTT_MODEL_DISTRIBUTION_H
#define XRTT_MODEL_DISTRIBUTION_H

#include "model/histogram.h"
#include "model/result.h"

#define DISTRIBUTION_BOUND ((size_t)1 << 18)

struct distribution;

/*
 * `pool` is borrowed and must outlive the distribution. `bound` of 0 stands for
 * DISTRIBUTION_BOUND; the least is 64. The array is not in the pool's limit: 8
 * octets a sample, growing as it fills, up to 2 MiB by default; 4 octets past
 * the bound, 1 MiB. NULL: no memory.
 */
struct distribution *distribution_create(struct page_pool *pool, size_t bound);
void distribution_destroy(struct distribution *d); /* NULL is allowed */

/* 0, or -ENOMEM with the sample not counted and everything before it intact. */
int distribution_add(struct distribution *d, span_t sample);

uint64_t distribution_count(const struct distribution *d);

/*
 * Fills all of *out but the instrument's parts, which it zeroes. stddev is that
 * of a sample (n - 1), 0 for one. n_eff and short_memory are the median's; each
 * level's interval has its own n_eff. bin_ns is 0 while quantiles are exact.
 * 0 or -ENOMEM, *out then being all zero.
 */
int distribution_report(const struct distribution *d, struct duration *out);

/*
 * The same, for looking while it grows: quantile and ci95 of that level and of
 * the median, the others being zero; n_eff is the lesser of both levels' and
 * short_memory either's. It takes 0.15 ms, and 8 ns for each exact sample, 2 ms
 * for 2^18; any number beyond the bound 0.7 ms. Twice that with cold caches.
 */
int distribution_level(const struct distribution *d, enum level level,
		       struct duration *out);

/*
 * The samples in ascending order, to be released with free(), *n of them: all
 * while they are exact, else as many quantiles at even steps, each the middle
 * of its bin. NULL: no memory, or no samples.
 */
#define DISTRIBUTION_STEPS ((size_t)1 << 14)
int64_t *distribution_sorted(const struct distribution *d, size_t *n);

#endif
