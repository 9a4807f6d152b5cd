/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ten million samples of a path with three level shifts (-17 ms, +4 ms, -30 us)
 * and a tail to 1 s, against the same samples sorted.
 */
#include "unit.h"

#include <string.h>

#include "model/distribution.h"
#include "model/interval.h"

#define N 10000000
#define PER_MILLES 999

static const unsigned int per_mille[LEVELS] = { 500, 900, 990, 999 };

/* The samples in time order, then sorted. */
static int64_t *series, *sorted;

static int64_t path_sample(struct prng *prng, int i, uint64_t one_in_tail)
{
	int64_t level = 62000000;

	if (i >= N / 4)
		level -= 17000000;
	if (i >= N / 2)
		level += 4000000;
	if (i >= N / 4 * 3)
		level -= 30000;
	if (!prng_below(prng, one_in_tail))
		return level + prng_below(prng, 1000000000 - level);
	return level - llround(3000 * log(prng_unit(prng)));
}

/* By eleven bits at a time: qsort() would take too long. */
static void sort_series(void)
{
	int64_t *from = sorted, *to = malloc(N * sizeof(*to)), *swap;

	assert_non_null(to);
	memcpy(from, series, N * sizeof(*from));
	for (int shift = 0; shift < 44; shift += 11) {
		size_t start[2049] = { 0 };

		for (int i = 0; i < N; i++)
			start[(from[i] >> shift & 2047) + 1]++;
		for (int i = 0; i < 2048; i++)
			start[i + 1] += start[i];
		for (int i = 0; i < N; i++)
			to[start[from[i] >> shift & 2047]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	sorted = from;
	free(to);
	for (int i = 1; i < N; i++)
		assert_true(sorted[i - 1] <= sorted[i]);
}

/* All per-milles, p99.99 and p99.999. */
static void check_quantiles(const struct page_pool *pool,
			    const struct histogram *h)
{
	uint64_t rank[PER_MILLES + 2];
	int64_t edge[ARRAY_SIZE(rank)], bin = page_pool_bin_ns(pool), off;
	int64_t most = 0;

	for (uint64_t i = 0; i < PER_MILLES; i++)
		rank[i] = N / 1000 * (i + 1);
	rank[PER_MILLES] = N / 10000 * 9999;
	rank[PER_MILLES + 1] = N / 100000 * 99999;
	assert_int_equal(histogram_find(h, rank, ARRAY_SIZE(rank), edge), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rank); i++) {
		off = sorted[rank[i] - 1] - edge[i];
		assert_true(off >= 0 && off < bin);
		if (off > most)
			most = off;
	}
	printf("# %zu quantiles, at most %lld ns into their bins of %lld ns\n",
	       ARRAY_SIZE(rank), (long long)most, (long long)bin);
}

/* As distribution.h has it: the least thinning that leaves 2^18 at most. */
static double trace_n_eff(int64_t limit)
{
	size_t stride = 1, kept = 0;
	int64_t *trace;
	struct batches b;

	while ((N + stride - 1) / stride > DISTRIBUTION_BOUND)
		stride *= 2;
	trace = malloc(DISTRIBUTION_BOUND * sizeof(*trace));
	assert_non_null(trace);
	for (size_t i = 0; i < N; i += stride)
		trace[kept++] = series[i];
	interval_batch(trace, kept, limit, &b);
	free(trace);
	return interval_memory(&b).n_eff;
}

/* The bin that holds a sample starts here. */
static int64_t bin_edge(int64_t x, int64_t bin)
{
	return x & -bin;
}

static void check_report(const struct distribution *d)
{
	struct duration out;

	assert_int_equal(distribution_report(d, &out), 0);
	assert_int_equal(out.n, N);
	assert_int_equal(out.min, sorted[0]);
	assert_int_equal(out.max, sorted[N - 1]);
	for (int i = 0; i < LEVELS; i++) {
		int64_t bin = out.bin_ns;
		int64_t truth = sorted[N / 1000 * per_mille[i] - 1];
		double n_eff = trace_n_eff(bin_edge(truth, bin) + bin - 1);
		struct ranks r = interval_ranks(N, n_eff, per_mille[i]);
		const struct ci *ci = &out.ci95[i];

		printf("# p%-4g %.0f ns, the sorted truth %lld; "
		       "[%.0f, %.0f] ns\n",
		       per_mille[i] / 10.0, out.quantile[i], (long long)truth,
		       ci->lo.value, ci->hi.value);
		assert_between(out.quantile[i], truth - bin, truth + bin);
		assert_int_equal(ci->lo.finite, r.has_lo);
		assert_int_equal(ci->hi.finite, r.has_hi);
		if (r.has_lo)
			assert_between(sorted[r.lo - 1] - ci->lo.value, 0, bin);
		if (r.has_hi)
			assert_between(ci->hi.value - sorted[r.hi - 1], 0, bin);
	}
}

/* One duration in a pool of its own: a run's limit, and a spent one. */
static void quantiles_are_the_sorted_ones(struct prng *prng, size_t limit,
					  uint64_t one_in_tail)
{
	struct page_pool *pool = page_pool_create(limit);
	struct histogram *h = histogram_create(pool);
	struct distribution *d = distribution_create(pool, 0);

	series = malloc(N * sizeof(*series));
	sorted = malloc(N * sizeof(*sorted));
	assert_true(pool && h && d && series && sorted);
	for (int i = 0; i < N; i++) {
		series[i] = path_sample(prng, i, one_in_tail);
		assert_int_equal(histogram_add(h, series[i]), 0);
		assert_int_equal(distribution_add(d, span_ns(series[i])), 0);
	}
	sort_series();
	printf("# %zu KiB of pages\n", page_pool_used(pool) >> 10);
	assert_true(page_pool_used(pool) <= (limit ? limit : PAGE_POOL_BYTES));
	check_quantiles(pool, h);
	check_report(d);
	distribution_destroy(d);
	histogram_destroy(h);
	page_pool_destroy(pool);
	free(sorted);
	free(series);
}

static void bins_stay_narrow(void **state)
{
	struct prng prng = unit_prng("bins_stay_narrow");

	(void)state;
	quantiles_are_the_sorted_ones(&prng, 0, 200);
}

static void a_spent_pool_says_its_width(void **state)
{
	struct prng prng = unit_prng("a_spent_pool_says_its_width");

	(void)state;
	quantiles_are_the_sorted_ones(&prng, (size_t)4 << 20, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bins_stay_narrow),
		cmocka_unit_test(a_spent_pool_says_its_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
