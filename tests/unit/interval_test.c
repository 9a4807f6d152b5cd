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
	/* sqrt(10000 / 100) times t over z, and a little for whole ranks. */
	assert_between(ratio, 10.6, 12.2);
	assert_true(wide.lo + wide.hi == 10001);
	assert_true(plain.lo + plain.hi == 10001);
}

/* The false-alarm rate that the header states, on independent samples. */
static void short_memory_rarely_lies(void **state)
{
	struct prng prng = unit_prng("short_memory_rarely_lies");
	enum {
		RUNS = 20000,
		N = 400
	};
	int64_t trace[N];
	int alarms = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		struct batches b;

		for (int i = 0; i < N; i++)
			trace[i] = prng_below(&prng, 1000);
		interval_batch(trace, N, 499, &b);
		alarms += interval_is_short(&b);
	}
	printf("# %.2f %% false alarms\n", 100.0 * alarms / RUNS);
	assert_between((double)alarms / RUNS, 0.005, 0.015);
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
	assert_true(interval_is_short(&b));
	/* 0.25 * 0.75 over (0.25^2 + a little) / 19. */
	assert_between(interval_n_eff(&b), 35, 60);
}

/* Batches that cannot tell leave the binomial interval as it is. */
static void too_few_batches_widen_nothing(void **state)
{
	int64_t trace[400];
	struct batches b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trace); i++)
		trace[i] = i;
	interval_batch(trace, 39, 19, &b);
	assert_true(isinf(interval_n_eff(&b)));
	assert_false(interval_is_short(&b));
	interval_batch(trace, 40, 19, &b);
	assert_true(interval_n_eff(&b) < 20);
	assert_true(interval_is_short(&b));
	for (size_t i = 0; i < ARRAY_SIZE(trace); i++)
		trace[i] = i % 20;
	interval_batch(trace, 400, 10, &b);
	assert_true(isinf(interval_n_eff(&b)));
	assert_false(interval_is_short(&b));
	interval_batch(trace, 400, 400, &b);
	assert_true(isinf(interval_n_eff(&b)));
	assert_false(interval_is_short(&b));
}

struct coverage {
	double covered; /* of the runs */
	double n_eff;	/* mean, of n */
	double alarms;	/* of the runs */
};

/* x[t] = phi x[t - 1] + noise, its stationary deviation 1; the true quantile at
 * `truth`, both in millionths. */
static struct coverage cover(struct prng *prng, double phi, int n, int runs,
			     enum level level)
{
	const double truth[LEVELS] = { 0, 1.281552, 2.326348, 3.090232 };
	double noise = sqrt(1 - phi * phi), at = truth[level] * 1e6;
	struct coverage c = { 0 };

	for (int run = 0; run < runs; run++) {
		struct page_pool *pool = page_pool_create(0);
		struct distribution *d = distribution_create(pool, 0);
		double x = unit_normal(prng);
		struct duration out;
		struct ci ci;

		for (int i = 0; i < n; i++) {
			distribution_add(d, span_ns(llround(x * 1e6)));
			x = phi * x + noise * unit_normal(prng);
		}
		assert_int_equal(distribution_report(d, &out), 0);
		ci = out.ci95[level];
		c.covered += (!ci.lo.finite || ci.lo.value <= at) &&
			     (!ci.hi.finite || at <= ci.hi.value);
		c.n_eff += out.n_eff / n;
		c.alarms += out.short_memory;
		distribution_destroy(d);
		page_pool_destroy(pool);
	}
	c.covered /= runs;
	c.n_eff /= runs;
	c.alarms /= runs;
	printf("# phi %.3f n %d level %d: covered %.1f %%, n_eff %.3f n, "
	       "%.1f %% short\n",
	       phi, n, level, 100 * c.covered, c.n_eff, 100 * c.alarms);
	return c;
}

static void independent_samples_are_covered(void **state)
{
	struct prng prng = unit_prng("independent_samples_are_covered");
	struct coverage c;

	(void)state;
	c = cover(&prng, 0, 1000, 4000, LEVEL_P50);
	assert_between(c.covered, 0.94, 0.985);
	assert_between(c.n_eff, 0.8, 1);
	assert_between(c.alarms, 0, 0.025);
	c = cover(&prng, 0, 1000, 4000, LEVEL_P90);
	assert_between(c.covered, 0.94, 0.985);
	c = cover(&prng, 0, 2000, 4000, LEVEL_P99);
	assert_between(c.covered, 0.94, 0.992);
}

static void remembering_samples_are_covered(void **state)
{
	struct prng prng = unit_prng("remembering_samples_are_covered");
	double phi = exp(-1 / 50.0);
	struct coverage c;

	(void)state;
	c = cover(&prng, phi, 1000, 2000, LEVEL_P50);
	assert_between(c.covered, 0.75, 0.97);
	assert_between(c.alarms, 0.3, 1);
	c = cover(&prng, phi, 10000, 1000, LEVEL_P50);
	assert_between(c.covered, 0.92, 0.995);
	assert_between(c.alarms, 0, 0.1);
	assert_between(c.n_eff, 0.008, 0.025);
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
		cmocka_unit_test(short_memory_rarely_lies),
		cmocka_unit_test(a_shift_is_memory),
		cmocka_unit_test(too_few_batches_widen_nothing),
		cmocka_unit_test(independent_samples_are_covered),
		cmocka_unit_test(remembering_samples_are_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
