/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include "model/histogram.h"

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Every rank's bin must be the one that holds the value of that rank. */
static void assert_bins_hold(const struct page_pool *pool,
			     const struct histogram *h, int64_t *x, size_t n)
{
	uint64_t *rank = malloc(n * sizeof(*rank));
	int64_t *edge = malloc(n * sizeof(*edge));
	int64_t bin = page_pool_bin_ns(pool);

	assert_true(rank && edge);
	qsort(x, n, sizeof(*x), compare);
	for (size_t i = 0; i < n; i++)
		rank[i] = i + 1;
	assert_int_equal(histogram_find(h, rank, n, edge), 0);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(edge[i] & (bin - 1), 0);
		assert_true(edge[i] <= x[i] && x[i] - edge[i] < bin);
	}
	free(rank);
	free(edge);
}

static int64_t draw(struct prng *prng, int shape)
{
	switch (shape) {
	case 0: /* a few pages on both sides of 0, all full */
		return (int64_t)prng_below(prng, 600000) - 300000;
	case 1: /* one page and a tail of stragglers */
		if (prng_below(prng, 10))
			return 55000000 + prng_below(prng, 5000);
		return prng_below(prng, 1000000000);
	case 2: /* stragglers alone */
		return (int64_t)prng_below(prng, 100000000000) - 50000000000;
	default: /* one value */
		return -12345;
	}
}

/* Every value in its own bin, in all shapes and at every stage: waiting,
 * merged, in pages; nothing lost. */
static void values_stay_in_their_bins(void **state)
{
	struct prng prng = unit_prng("values_stay_in_their_bins");
	static int64_t x[60000];
	const size_t stop[] = { 1, 4095, 4096, 4097, 20000, 60000 };

	(void)state;
	for (int shape = 0; shape < 4; shape++) {
		struct page_pool *pool = page_pool_create(0);
		struct histogram *h = histogram_create(pool);
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_SIZE(stop); i++) {
			for (; n < stop[i]; n++) {
				x[n] = draw(&prng, shape);
				assert_int_equal(histogram_add(h, x[n]), 0);
			}
			assert_bins_hold(pool, h, x, n);
		}
		assert_int_equal(page_pool_bin_ns(pool), 64);
		histogram_destroy(h);
		assert_int_equal(page_pool_used(pool), 0);
		page_pool_destroy(pool);
	}
}

/* The other one spends the pool once all of this one's pages are made, so that
 * they fold, halves merge, and stragglers meet pages, many times over. */
static void coarse_bins_hold_what_fine_ones_held(void **state)
{
	struct prng prng = unit_prng("coarse_bins");
	static int64_t x[40000], y[40000];

	(void)state;
	for (int shape = 0; shape < 4; shape++) {
		struct page_pool *pool = page_pool_create(512 << 10);
		struct histogram *h = histogram_create(pool);
		struct histogram *other = histogram_create(pool);
		int64_t width, widths = 0;
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_SIZE(x); i++) {
			x[i] = draw(&prng, shape);
			assert_int_equal(histogram_add(h, x[i]), 0);
		}
		width = page_pool_bin_ns(pool);
		while (n < ARRAY_SIZE(y) && widths < 8) {
			y[n] = (int64_t)prng_next(&prng) >> (30 + n % 24);
			assert_int_equal(histogram_add(other, y[n++]), 0);
			assert_true(page_pool_used(pool) <= 512 << 10);
			if (page_pool_bin_ns(pool) == width)
				continue;
			width = page_pool_bin_ns(pool);
			widths++;
			assert_bins_hold(pool, h, x, ARRAY_SIZE(x));
			assert_bins_hold(pool, other, y, n);
		}
		printf("# shape %d: bins of %lld ns\n", shape,
		       (long long)width);
		assert_true(width > 64);
		histogram_destroy(h);
		histogram_destroy(other);
		assert_int_equal(page_pool_used(pool), 0);
		page_pool_destroy(pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stay_in_their_bins),
		cmocka_unit_test(coarse_bins_hold_what_fine_ones_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
