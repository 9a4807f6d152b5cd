/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include "model/distribution.h"
#include "model/interval.h"

/* P(B <= k), term by term. */
static double binomial_sum(int n, int k, long double p)
{
	long double sum = 0;

	for (int i = 0; i <= k; i++)
		sum += expl(lgammal(n + 1) - lgammal(i + 1) -
			    lgammal(n - i + 1) + i * logl(p) +
			    (n - i) * log1pl(-p));
	return sum;
}

static void binomial_is_exact(void **state)
{
	const double p[] = { 0.001, 0.1, 0.5, 0.9, 0.99, 0.999 };
	const int n[] = { 1, 2, 19, 368, 3688 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(n); j++) {
			for (int k = 0; k < n[j]; k += 1 + n[j] / 20) {
				double sum = binomial_sum(n[j], k, p[i]);

				assert_between(interval_binomial(n[j], k, p[i]),
					       sum - 1e-11, sum + 1e-11);
			}
		}
	}
	/* Ten million: against the normal one with continuity correction. */
	for (int z = -3; z <= 3; z++) {
		double n7 = 1e7, k = floor(n7 / 2 + z * sqrt(n7) / 2);
		double normal = erfc(-(k + 0.5 - n7 / 2) / sqrt(n7 / 2)) / 2;

		assert_between(interval_binomial(n7, k, 0.5), normal - 1e-6,
			       normal + 1e-6);
	}
}

static void ratio_of_nothing_has_a_bound(void **state)
{
	struct ci ci = interval_ratio(0, 1000);

	(void)state;
	assert_true(ci.lo.finite && ci.hi.finite);
	assert_between(ci.lo.value, 0, 0);
	assert_between(ci.hi.value, 0.003682, 0.003683);
	ci = interval_ratio(1000, 1000);
	assert_between(ci.lo.value, 1 - 0.003683, 1 - 0.003682);
	assert_between(ci.hi.value, 1, 1);
	ci = interval_ratio(10, 100); /* the textbook's */
	assert_between(ci.lo.value, 0.04900, 0.04901);
	assert_between(ci.hi.value, 0.17622, 0.17623);
	ci = interval_ratio(0, 0);
	assert_false(ci.lo.finite || ci.hi.finite);
}

static void ratio_ends_have_their_tails(void **state)
{
	const int n = 250;

	(void)state;
	for (int hits = 1; hits < n; hits += 7) {
		struct ci ci = interval_ratio(hits, n);

		assert_between(1 - binomial_sum(n, hits - 1, ci.lo.value),
			       0.025 - 1e-9, 0.025 + 1e-9);
		assert_between(binomial_sum(n, hits, ci.hi.value), 0.025 - 1e-9,
			       0.025 + 1e-9);
	}
}

static void ranks_are_the_innermost_that_cover(void **state)
{
	const per_mille_t q[] = { 500, 900, 990, 999 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(q); i++) {
		for (int n = 1; n < 5000; n += 1 + n / 4) {
			struct ranks r = interval_ranks(n, INFINITY, q[i]);
			double p = q[i] / 1000.0;

			assert_int_equal(r.has_lo,
					 binomial_sum(n, 0, p) <= 0.025);
			assert_int_equal(r.has_hi, pow(p, n) <= 0.025);
			if (r.has_lo) {
				int lo = r.lo;

				assert_true(binomial_sum(n, lo - 1, p) <=
					    0.025);
				assert_true(binomial_sum(n, lo, p) > 0.025);
			}
			if (r.has_hi) {
				int hi = r.hi;

				assert_true(1 - binomial_sum(n, hi - 1, p) <=
					    0.025);
				assert_true(1 - binomial_sum(n, hi - 2, p) >
					    0.025);
			}
		}
	}
}

static void finite_ends_need_this_many(void **state)
{
	(void)state;
	assert_false(interval_ranks(367, INFINITY, 990).has_hi);
	assert_true(interval_ranks(368, INFINITY, 990).has_hi);
	assert_false(interval_ranks(3687, INFINITY, 999).has_hi);
	assert_true(interval_ranks(3688, INFINITY, 999).has_hi);
	assert_false(interval_ranks(5, INFINITY, 500).has_lo);
	assert_true(interval_ranks(6, INFINITY, 500).has_lo);
	assert_true(interval_ranks(6, INFINITY, 500).has_hi);
	/* Memory counts: ten times the samples, a hundredth of the worth. */
	assert_false(interval_ranks(3680, 36, 990).has_hi);
	assert_true(interval_ranks(36800, 1000, 990).has_hi);
}

static void ranks_widen_with_memory(void **state)
{
	struct ranks plain = interval_ranks(10000, INFINITY, 500);
	struct ranks wide = interval_ranks(10000, 100, 500);
	double ratio = (double)(wide.hi - wide.lo) / (plain.hi - plain.lo);

	(void)state;
	/* sqrt(10000 / 100), and a little for whole ranks. */
	assert_between(ratio, 10, 11.2);
	assert_true(wide.lo + wide.hi == 10001);
	assert_true(plain.lo + plain.hi == 10001);
}

/* A level shift half way is memory as long as the run. */
static void a_shift_is_memory(void **state)
{
	struct prng prng = unit_prng("a_shift_is_memory");
	int64_t trace[400];
	struct batches b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trace); i++)
		trace[i] = i < 200 ? prng_below(&prng, 1000) : 1000;
	interval_batch(trace, ARRAY_SIZE(trace), 499, &b);
	assert_true(interval_memory(&b).is_short);
	assert_between(interval_memory(&b).n_eff, 1, 10);
}

/* Batches that cannot tell leave the binomial interval as it is. */
static void too_few_batches_widen_nothing(void **state)
{
	int64_t trace[960];
	struct batches b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trace); i++)
		trace[i] = i;
	interval_batch(trace, 39, 19, &b);
	assert_true(isinf(interval_memory(&b).n_eff));
	assert_false(interval_memory(&b).is_short);
	interval_batch(trace, 40, 19, &b);
	assert_true(interval_memory(&b).n_eff < 10);
	assert_true(interval_memory(&b).is_short);
	for (size_t i = 0; i < ARRAY_SIZE(trace); i++)
		trace[i] = i % 10;
	interval_batch(trace, ARRAY_SIZE(trace), 4, &b);
	assert_true(isinf(interval_memory(&b).n_eff));
	assert_false(interval_memory(&b).is_short);
	interval_batch(trace, ARRAY_SIZE(trace), 9, &b);
	assert_true(isinf(interval_memory(&b).n_eff));
	assert_false(interval_memory(&b).is_short);
}

/* Both kinds of batch say the same, whatever their number. */
static void short_words_batch_alike(void **state)
{
	struct prng prng = unit_prng("short_words_batch_alike");
	int64_t trace[1000];
	int32_t words[ARRAY_SIZE(trace)];
	struct batches a, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trace); i++)
		words[i] = trace[i] = prng_below(&prng, 1000);
	for (size_t n = 0; n <= ARRAY_SIZE(trace); n += 13) {
		size_t hits = 0;
		double sum = 0;

		interval_batch(trace, n, 499, &a);
		interval_batch_short(words, n, 499, &b);
		assert_int_equal(a.count, b.count);
		assert_int_equal(a.count % 4, 0);
		assert_true(n < 40 ? a.count == 0 : a.count >= 20);
		for (size_t i = 0; i < a.count; i++) {
			size_t from = n * i / a.count;
			size_t to = n * (i + 1) / a.count;

			assert_true(a.mean[i] == b.mean[i]);
			sum += a.mean[i] * (to - from);
		}
		for (size_t i = 0; i < n; i++)
			hits += trace[i] <= 499;
		assert_true(!a.count || llround(sum) == (long long)hits);
	}
}

#define SIZES 3
#define WATCHED 3

/* With correlation e^(-t / memory) both. */
static const struct law {
	const char *name;
	int normals;
	double noise; /* added, without memory */
	int enough;   /* memories from which on the interval has to hold */
	double quantile[WATCHED]; /* p50, p90, p99 */
} laws[] = {
	{ "normal", 1, 0, 0, { 0, 1.281552, 2.326348 } },
	{ "exponential", 2, 0, 0, { 0.693147, 2.302585, 4.605170 } },
	{ "noisy", 1, 1, 60, { 0, 1.812388, 3.289956 } },
};

/* Runs of one length in memories, of all sizes. */
struct tally {
	int runs, is_short;
	int held[WATCHED], held_unflagged[WATCHED];
	double n_eff; /* sum, of n */
};

/* Half the squares' sum of two normals is exponential of mean 1; its
 * correlation is theirs squared. */
static void draw_run(struct prng *prng, const struct law *law, double memory,
		     int n, struct distribution *d)
{
	double keep = memory > 0 ? exp(-1 / (memory * law->normals)) : 0;
	double fresh = sqrt(1 - keep * keep), now[2];

	now[0] = unit_normal(prng);
	now[1] = unit_normal(prng);
	for (int i = 0; i < n; i++) {
		double x = now[0];

		if (law->normals == 2)
			x = (now[0] * now[0] + now[1] * now[1]) / 2;
		if (law->noise > 0)
			x += law->noise * unit_normal(prng);
		assert_int_equal(distribution_add(d, span_ns(llround(x * 1e6))),
				 0);
		for (int j = 0; j < law->normals; j++)
			now[j] = keep * now[j] + fresh * unit_normal(prng);
	}
}

static void tally_run(struct prng *prng, const struct law *law, double memory,
		      int n, struct tally *t)
{
	struct page_pool *pool = page_pool_create(0);
	struct distribution *d = distribution_create(pool, 0);
	struct duration out;

	draw_run(prng, law, memory, n, d);
	assert_int_equal(distribution_report(d, &out), 0);
	for (int i = 0; i < WATCHED; i++) {
		struct ci ci = out.ci95[LEVEL_P50 + i];
		double truth = law->quantile[i] * 1e6;
		bool held = (!ci.lo.finite || ci.lo.value <= truth) &&
			    (!ci.hi.finite || truth <= ci.hi.value);

		t->held[i] += held;
		t->held_unflagged[i] += held && !out.short_memory;
	}
	t->runs++;
	t->is_short += out.short_memory;
	t->n_eff += out.n_eff / n;
	distribution_destroy(d);
	page_pool_destroy(pool);
}

/* At most `part` of n, give or take three standard errors and one run. */
static double most(double part, int n)
{
	return part * n + 3 * sqrt(part * (1 - part) * n) + 1;
}

/* 92 to 99 % of the runs that are not flagged hold it, and no fewer of all. */
static void check_tally(const struct law *law, int length,
			const struct tally *t)
{
	int left = t->runs - t->is_short;

	printf("# %-11s %4d memories: %5.1f %% short; held", law->name, length,
	       100.0 * t->is_short / t->runs);
	for (int i = 0; i < WATCHED; i++)
		printf(" %5.1f",
		       left ? 100.0 * t->held_unflagged[i] / left : NAN);
	printf(" of %d, of all", left);
	for (int i = 0; i < WATCHED; i++)
		printf(" %5.1f", 100.0 * t->held[i] / t->runs);
	printf("; n_eff %.4f n\n", t->n_eff / t->runs);
	if (length && length < law->enough)
		return;
	for (int i = 0; i < WATCHED; i++) {
		int held = t->held_unflagged[i];

		assert_true(left - held <= most(0.08, left));
		assert_true(held <= most(0.99, left));
		assert_true(t->runs - t->held[i] <= most(0.08, t->runs));
	}
	if (!length) {
		assert_true(t->is_short <= most(0.02, t->runs));
		assert_between(t->n_eff / t->runs, 0.75, 1);
	} else if (length >= 100) {
		assert_true(t->is_short <= most(0.1, t->runs));
	} else if (length <= 2) {
		assert_true(left <= most(0.1, t->runs));
	}
}

static void intervals_hold_at_any_length(void **state)
{
	static const int lengths[] = { 0,  1,  2,   5,	 10,  20,
				       30, 60, 100, 200, 1000 };
	static const int sizes[SIZES] = { 500, 2000, 10000 };
	struct prng prng = unit_prng("intervals_hold_at_any_length");
	const char *set = getenv("XRTT_RUNS");
	int runs = set ? atoi(set) : 40;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(laws); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(lengths); j++) {
			struct tally t = { 0 };

			for (int k = 0; k < SIZES * runs; k++) {
				int n = sizes[k % SIZES];
				double memory = 0;

				if (lengths[j])
					memory = (double)n / lengths[j];
				tally_run(&prng, &laws[i], memory, n, &t);
			}
			check_tally(&laws[i], lengths[j], &t);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(binomial_is_exact),
		cmocka_unit_test(ratio_of_nothing_has_a_bound),
		cmocka_unit_test(ratio_ends_have_their_tails),
		cmocka_unit_test(ranks_are_the_innermost_that_cover),
		cmocka_unit_test(finite_ends_need_this_many),
		cmocka_unit_test(ranks_widen_with_memory),
		cmocka_unit_test(a_shift_is_memory),
		cmocka_unit_test(too_few_batches_widen_nothing),
		cmocka_unit_test(short_words_batch_alike),
		cmocka_unit_test(intervals_hold_at_any_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
