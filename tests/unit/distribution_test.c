/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <string.h>

#include "model/distribution.h"

static const unsigned int per_mille[LEVELS] = { 500, 900, 990, 999 };

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static struct duration report(const struct distribution *d)
{
	struct duration out;

	assert_int_equal(distribution_report(d, &out), 0);
	return out;
}

static void add(struct distribution *d, int64_t x)
{
	assert_int_equal(distribution_add(d, span_ns(x)), 0);
}

/* All that a report says against the samples themselves, which it sorts. */
static void check(const struct distribution *d, int64_t *x, size_t n)
{
	struct duration out = report(d);
	int64_t bin = out.bin_ns;
	long double sum = 0, squares = 0;

	qsort(x, n, sizeof(*x), compare);
	for (size_t i = 0; i < n; i++)
		sum += x[i];
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - sum / n) * (x[i] - sum / n);
	assert_int_equal(out.n, n);
	assert_int_equal(out.min, x[0]);
	assert_int_equal(out.max, x[n - 1]);
	assert_between(out.mean, sum / n - 1e-6, sum / n + 1e-6);
	squares = sqrtl(squares / (n - 1));
	assert_between(out.stddev, squares * (1 - 1e-9), squares * (1 + 1e-9));
	for (int i = 0; i < LEVELS; i++) {
		int64_t truth = x[(n * per_mille[i] + 999) / 1000 - 1];
		const struct ci *ci = &out.ci95[i];

		assert_between(out.quantile[i], truth - bin, truth + bin);
		assert_between(out.quantile[i], out.min, out.max);
		if (ci->lo.finite)
			assert_true(ci->lo.value <= out.quantile[i]);
		if (ci->hi.finite)
			assert_true(ci->hi.value >= out.quantile[i]);
	}
}

static void few_samples_are_exact(void **state)
{
	struct page_pool *pool = page_pool_create(0);
	struct distribution *d = distribution_create(pool, 0);
	const int64_t x[] = { 7, -3, 7, 1000000007, 12 };
	struct duration out = report(d);

	(void)state;
	assert_int_equal(out.n, 0);
	for (size_t i = 0; i < ARRAY_SIZE(x); i++) {
		add(d, x[i]);
		assert_int_equal(distribution_count(d), i + 1);
	}
	out = report(d);
	assert_int_equal(out.bin_ns, 0);
	assert_int_equal(out.min, -3);
	assert_int_equal(out.max, 1000000007);
	assert_between(out.quantile[LEVEL_P50], 7, 7);
	assert_between(out.quantile[LEVEL_P90], 1000000007, 1000000007);
	assert_between(out.mean, 200000006, 200000006);
	assert_false(out.ci95[LEVEL_P50].lo.finite);
	assert_false(out.ci95[LEVEL_P50].hi.finite);
	assert_false(out.at_p50.known || out.at_p99.known);
	distribution_destroy(d);
	page_pool_destroy(pool);
}

static void quantiles_are_samples(void **state)
{
	struct prng prng = unit_prng("quantiles_are_samples");
	static int64_t x[5000];

	(void)state;
	for (size_t n = 1; n <= ARRAY_SIZE(x); n += 1 + n / 7) {
		struct page_pool *pool = page_pool_create(0);
		struct distribution *d = distribution_create(pool, 0);

		for (size_t i = 0; i < n; i++) {
			x[i] = 55000000 + prng_below(&prng, n);
			add(d, x[i]);
		}
		assert_int_equal(report(d).bin_ns, 0);
		if (n > 1 && report(d).stddev > 0)
			check(d, x, n);
		distribution_destroy(d);
		page_pool_destroy(pool);
	}
}

/* A spread of one ns around 55 ms, ten million times: naive sums of squares
 * would have no digit of it left. */
static void spread_survives_its_distance(void **state)
{
	struct page_pool *pool = page_pool_create(0);
	struct distribution *d = distribution_create(pool, 4096);
	enum {
		N = 10000000
	};
	struct duration out;

	(void)state;
	for (int i = 0; i < N; i++)
		add(d, 55000000000 + (i & 1 ? 1 : -1));
	out = report(d);
	assert_between(out.mean, 55000000000, 55000000000);
	assert_between(out.stddev, 1 - 1e-6, 1 + 1e-6);
	distribution_destroy(d);
	page_pool_destroy(pool);
}

/* One sample past the bound: 64 ns bins, the same answers within one. */
static void bound_changes_the_resolution_alone(void **state)
{
	struct prng prng = unit_prng("bound_changes_the_resolution_alone");
	struct page_pool *pool = page_pool_create(0);
	struct distribution *d = distribution_create(pool, 1000);
	static int64_t x[100000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(x); i++) {
		/* Negative ones too, and some far away. */
		x[i] = llround(30000 * unit_normal(&prng));
		if (!prng_below(&prng, 300))
			x[i] = prng_next(&prng) >> 20;
		if (i == 1000)
			assert_int_equal(report(d).bin_ns, 0);
		add(d, x[i]);
		if (i == 1000)
			assert_int_equal(report(d).bin_ns, 64);
	}
	assert_int_equal(page_pool_bin_ns(pool), 64);
	check(d, x, ARRAY_SIZE(x));
	distribution_destroy(d);
	page_pool_destroy(pool);
}

/* Two distributions share a small pool: wide ones spend it, all widen. */
static void spent_pool_widens_everywhere(void **state)
{
	struct prng prng = unit_prng("spent_pool_widens_everywhere");
	const size_t limit = 512 << 10;
	struct page_pool *pool = page_pool_create(limit);
	struct distribution *narrow = distribution_create(pool, 100);
	struct distribution *wide = distribution_create(pool, 100);
	static int64_t x[200000], y[200000];
	int64_t last = 64;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(x); i++) {
		int64_t bin;

		x[i] = 55000000 + llround(2000 * unit_normal(&prng));
		y[i] = -20000000 + (int64_t)prng_below(&prng, 100000000);
		add(narrow, x[i]);
		add(wide, y[i]);
		bin = page_pool_bin_ns(pool);
		assert_true(bin == last || bin >= 2 * last);
		last = bin;
		assert_true(page_pool_used(pool) <= limit);
	}
	printf("# bins of %lld ns\n", (long long)last);
	assert_true(last >= 128 && last <= 65536);
	assert_int_equal(report(narrow).bin_ns, last);
	assert_int_equal(report(wide).bin_ns, last);
	check(narrow, x, ARRAY_SIZE(x));
	check(wide, y, ARRAY_SIZE(y));
	distribution_destroy(wide);
	distribution_destroy(narrow);
	assert_int_equal(page_pool_used(pool), 0);
	page_pool_destroy(pool);
}

/* The ends of int64 in a pool that holds next to nothing. */
static void extremes_are_held(void **state)
{
	struct page_pool *pool = page_pool_create(1);
	struct distribution *d = distribution_create(pool, 64);
	struct prng prng = unit_prng("extremes_are_held");
	struct duration out;

	(void)state;
	for (int i = 0; i < 20000; i++)
		add(d, i == 5	? INT64_MIN
		       : i == 7 ? INT64_MAX
				: (int64_t)prng_next(&prng));
	out = report(d);
	assert_true(out.min == INT64_MIN && out.max == INT64_MAX);
	assert_int_equal(out.n, 20000);
	/* Five standard errors, 2^64 / (2 sqrt(n)). */
	assert_between(out.quantile[LEVEL_P50], -3.3e17, 3.3e17);
	distribution_destroy(d);
	page_pool_destroy(pool);
}

/* Half a second of memory at 1000/s, far beyond the bound: the thinned trace
 * must still see it. */
static void thinned_trace_remembers(void **state)
{
	struct prng prng = unit_prng("thinned_trace_remembers");
	struct page_pool *pool = page_pool_create(0);
	struct distribution *exact = distribution_create(pool, 0);
	struct distribution *thinned = distribution_create(pool, 4096);
	double x = unit_normal(&prng), phi = exp(-1 / 500.0), a, b;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		int64_t ns = 55000000 + llround(x * 100000);

		add(exact, ns);
		add(thinned, ns);
		x = phi * x + sqrt(1 - phi * phi) * unit_normal(&prng);
	}
	a = report(exact).n_eff;
	b = report(thinned).n_eff;
	printf("# n_eff %.0f of all, %.0f of the trace\n", a, b);
	assert_between(a, 50, 2000);
	assert_between(b / a, 0.7, 1.4);
	distribution_destroy(thinned);
	distribution_destroy(exact);
	page_pool_destroy(pool);
}

/* Exact, and as steps of the histogram, against the samples themselves. */
static void sorted_values_are_the_distribution(void **state)
{
	static int64_t x[40000];
	struct prng prng = unit_prng(__func__);
	struct page_pool *pool = page_pool_create(0);
	struct distribution *exact = distribution_create(pool, 0);
	struct distribution *binned = distribution_create(pool, 64);
	int64_t *sorted;
	size_t n;

	(void)state;
	assert_null(distribution_sorted(exact, &n));
	for (size_t i = 0; i < ARRAY_SIZE(x); i++) {
		x[i] = 55000000 + (int64_t)prng_below(&prng, 300000);
		add(exact, x[i]);
		add(binned, x[i]);
	}
	qsort(x, ARRAY_SIZE(x), sizeof(*x), compare);
	sorted = distribution_sorted(exact, &n);
	assert_int_equal(n, ARRAY_SIZE(x));
	assert_memory_equal(sorted, x, sizeof(x));
	free(sorted);
	sorted = distribution_sorted(binned, &n);
	assert_int_equal(n, DISTRIBUTION_STEPS);
	for (size_t i = 0; i < n; i++) {
		size_t at = (ARRAY_SIZE(x) - 1) * i / (n - 1);

		assert_between((double)sorted[i], (double)x[at] - 32,
			       (double)x[at] + 32);
	}
	free(sorted);
	distribution_destroy(binned);
	distribution_destroy(exact);
	page_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_samples_are_exact),
		cmocka_unit_test(quantiles_are_samples),
		cmocka_unit_test(spread_survives_its_distance),
		cmocka_unit_test(bound_changes_the_resolution_alone),
		cmocka_unit_test(spent_pool_widens_everywhere),
		cmocka_unit_test(extremes_are_held),
		cmocka_unit_test(thinned_trace_remembers),
		cmocka_unit_test(sorted_values_are_the_distribution),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
