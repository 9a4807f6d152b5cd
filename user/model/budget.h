/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instrument's uncertainty: which terms a duration's error bar is made of,
 * and how they make it.
 *
 * One convention holds for every `ns`, so that anyone can recompute a bar from
 * the terms alone: it is at 95 %, the coverage factor k = 2 already in it.
 *
 *   symmetric  half-width: the truth is within value +- ns. Of a measured
 *              scatter that is 2 standard deviations; of a hard bound, such as
 *              a rate's 50 ppm, the bound itself.
 *   lengthens  the most by which the value may exceed the truth; it never falls
 *              short of it on this account. The least is taken to be 0: nothing
 *              is ever subtracted from a value.
 *
 *   plus  = sqrt(sum of symmetric ns squared)
 *   minus = plus + sum of lengthening ns
 *
 * An `ns` that is not finite is a term of unknown size: `bounded` is false then
 * and the sums are those of the other terms, but for an unknown symmetric one,
 * which leaves `plus` not finite too.
 *
 * What each duration is the measure of:
 *   network     from wire to wire, less what the far host held: everything
 *               between a stamp and the wire is in the value, not in the truth
 *   the others  from one stamp to the next as they would be taken by programs
 *               that cost nothing; the hosts' own delays are part of the truth
 */
#ifndef XRTT_MODEL_BUDGET_H
#define XRTT_MODEL_BUDGET_H

#include "model/result.h"

#define BUDGET_TERMS 24

enum budget_level {
	BUDGET_P50,
	BUDGET_P99,
	BUDGET_LEVELS,
};

/* The terms of one duration at one level, as they are collected. */
struct budget {
	size_t terms;
	struct budget_term term[BUDGET_TERMS];
};

/* 0; -EINVAL if it is negative or has no name, kind or `how`; -ENOSPC. Strings
 * are borrowed and must outlive whatever is made of the budget. */
int budget_add(struct budget *budget, const struct budget_term *term);

/* Makes the bar, with a copy of the terms in *out that budget_release() frees.
 * 0 or -ENOMEM, *out then being all zero. */
int budget_combine(const struct budget *budget, struct instrument *out);
void budget_release(struct instrument *in); /* leaves it all zero */

/*
 * a - b at one level. A term that both have under one name and mark as common
 * moves both in proportion to its `ns`, so all that stays of it is the
 * difference of the two, in `a` or in `b`: nothing for a gap of one size, rate
 * times a - b for a clock. Such terms are named in the result. What lengthens
 * `a` widens `minus`, what lengthens `b` widens `plus`. `known` is false where
 * one of the two has no samples or no bar.
 */
struct difference budget_difference(const struct duration *a,
				    const struct duration *b,
				    enum budget_level level);

/* Our programs on a probe's way through this host. */
enum budget_program {
	BUDGET_TC_EGRESS,
	BUDGET_TX_STAMP, /* the kernel's making of a transmit stamp */
	BUDGET_XDP,
	BUDGET_TC_INGRESS,
	BUDGET_SOCKET,
	BUDGET_PROGRAMS,
};

/* `kind` of a fact: 'A', 'B', 0 for "nobody knows": a term of unknown size, or
 * this: it does not arise in this run and is no term. */
#define BUDGET_NONE '-'

/* What one term's size is made of, for each level. */
struct budget_fact {
	char kind;
	bool common;
	double at[BUDGET_LEVELS]; /* not finite: unknown size */
	const char *how;	  /* borrowed: must outlive the result */
};

/* The same at both levels. */
static inline struct budget_fact budget_fact(char kind, double size,
					     const char *how)
{
	return (struct budget_fact){ kind, false, { size, size }, how };
}

/*
 * What is known of a run. Sizes are at 95 % as above: ns, or ppm for rates.
 * `common` counts only where it says so; of the others some always are common
 * (clock_rate, remote_rate, remote_read) and some never: so hw_map, as each
 * hardware stamp has a bar of its own.
 */
struct budget_facts {
	struct budget_fact clock_rate; /* ppm */
	struct budget_fact clock_slew; /* ppm: largest departure from median */
	struct budget_fact clock_read; /* one reading */
	struct budget_fact cpu_offset; /* between any two CPUs' clocks */
	struct budget_fact realtime_map; /* socket engine's drv_tx */
	struct budget_fact hw_map;	 /* hw_rx to our clock */
	/* From the last transmit stamp to the wire, less BUDGET_TX_STAMP, and
	 * from the wire to the first receive stamp, less its program's cost:
	 * as the quantile of "network" sees it (budget_shift()). Each may be
	 * common. */
	struct budget_fact tx_gap;
	struct budget_fact rx_gap;
	struct budget_fact remote_tx_gap;
	struct budget_fact remote_rx_gap;
	struct budget_fact stolen;
	struct budget_fact remote_rate; /* ppm, of the far host's clock */
	struct budget_fact remote_read; /* one of its stamps */
	/* `at` of this one is ignored, `program` taken: ns of each on one
	 * probe; 0: does not run, not finite: unknown. */
	struct budget_fact stamp_cost;
	double program[BUDGET_PROGRAMS];
};

/*
 * Puts at_p50 and at_p99 on every duration of the result that has samples:
 * rtt, network, remote, stages, both of host, lateness and the segments'
 * network. Reads hooks, engine and target.protocol; `engines` are results of
 * their own, with facts of their own. A further term `bins` is half a bin where
 * quantiles were read from a histogram, and `remote_inside`, of unknown size,
 * stands for the far host where the protocol brings no stamps of it.
 *
 * Bars that the result already has are replaced and must have come from here.
 * 0 or -ENOMEM or budget_add()'s error, no duration having a bar then.
 */
int budget_fill(struct result *result, const struct budget_facts *facts);

/* The same for one more duration that is network as the result's is; to be
 * released with budget_release() at both levels. 0 or budget_add()'s error. */
int budget_fill_network(struct result *result, const struct budget_facts *facts,
			struct duration *network);
void budget_clear(struct result *result);

/*
 * The most by which a delay lengthens a quantile.
 *
 * `value` are the n reported durations in ascending order, as
 * distribution_sorted() has them, each the sum of a duration X and a delay E >=
 * 0 independent of it and of the others' delays; X may be anything, correlated
 * too. `delay` are m samples of E in ascending order. Returns a bound, 95 %, on
 * (k-th smallest value) - (k-th smallest X), k being p * n rounded up; INFINITY
 * if n or m is 0. It is never more than twice the greatest of the m: a longer
 * delay is taken not to happen.
 *
 * Why it holds. If k of the X are <= s, then X_(i) <= min(value_(i), s) for i
 * <= k, as a delay is never negative; so of their k values a number not above
 * t is expected that is at least
 *
 *   L(s, t) = sum over i <= k of F(t - min(value_(i), s)),  F being E's,
 *
 * and that number, a sum of independent yes and no, falls short of its mean no
 * more easily than a binomial of k trials and that mean (Hoeffding 1956). Where
 * fewer values than such a binomial's lower end are <= t, fewer than k of the X
 * are <= s, and X_(k) > s. The largest s that one of 16 t's refutes is taken.
 * The 16 look at the same values and mostly err together: each is made at 0.05
 * / 8, which the simulations of tests/unit/budget_shift_test.c hold to 95 %. F
 * is known from m samples only, 1 / (m + 1) of it beyond the greatest; for
 * their scatter k m / (k + m) trials stand for k.
 *
 * Nothing less than the values would do: over all X the worst is a k-th that is
 * followed by nothing near, and the shift is then the largest of k delays,
 * which budget_shift_any() bounds. For a constant X the bound tends to E's own
 * p-quantile, for a wide one with many values to at most about twice E's mean,
 * and to E itself where E is narrow.
 */
double budget_shift(const int64_t *value, size_t n, const double *delay,
		    size_t m, double p);

/* As above for every X, whatever the values: k delays, 95 %, are not above it.
 * INFINITY below 19 k samples of E, which cannot tell. */
double budget_shift_any(const double *delay, size_t m, size_t n, double p);

/*
 * budget_shift() holds for every X, and where the X are spread wide it is some
 * times the shift. This one holds as often for X of two kinds, and takes the
 * larger of the two, but never more than budget_shift():
 *
 *   one value: what E's quantile of the same rank adds to it. As much of the
 *   values as may be E's doing is taken for one X, from E's own p-quantile
 *   below the quantile upwards, and the rank counted among those;
 *   spread, and so much like the values: the most that one more such delay does
 *   to the quantile of the values, at 95 %, or by arithmetic E's mean and
 *   two standard deviations of the number of values that pass the quantile.
 *
 * Of X and E that both have a long tail the p99 is held in 85 to 90 % only. Not
 * bounded are X of which
 * a part ends just at the quantile, with nothing near above.
 */
double budget_shift_likely(const int64_t *value, size_t n, const double *delay,
			   size_t m, double p);

/* The p-quantile's rank among n, from 1: p * n rounded up, but for the error of
 * that product. */
size_t budget_rank(size_t n, double p);

/* Ascending order, as all these want their delays. */
void budget_sort(double *delay, size_t n);

/* The ascending delays of `hops` hops one after the other, m of them, from m
 * samples of one, taken to be independent. -ENOMEM, or 0. */
int budget_hops(const double *delay, size_t m, unsigned int hops, double *out);

#endif
