/* SPDX-License-Identifier: GPL-2.0-only */
#include "segment_noise.h"

#include <time.h>

#include "model/interval.h"
#include "model/segment.h"

/* XRTT_RUNS sets how many runs a rate is measured over. */
#define RUNS 2000

static int runs(void)
{
	const char *set = getenv("XRTT_RUNS");

	return set ? atoi(set) : RUNS;
}

struct found {
	struct segment *segment;
	size_t n;
};

static struct found segment_series(int n, size_t bound, int64_t interval)
{
	struct page_pool *pool = page_pool_create(0);
	struct segmenter *g = segmenter_create(bound);
	struct found found;

	for (int i = 0; i < n; i++)
		assert_int_equal(segmenter_add(g, span_ns(i * interval),
					       span_ns(series[i])),
				 0);
	assert_int_equal(segmenter_report(g, pool, &found.segment, &found.n),
			 0);
	assert_int_equal(!found.n, !found.segment);
	segmenter_destroy(g);
	page_pool_destroy(pool);
	return found;
}

/* Share of runs without a shift in which one is found. */
static void no_shift_no_segments(void **state)
{
	/* A run of 1000, 3000, 10000; busy periods as flat as a level, that
	 * last 3 s where the run is cut, look like one. */
	const double most[NOISES] = { 0.001, 0.001, 0.001, 0.001, 0.04 };
	const int length[] = { 1000, 3000, 10000 };
	struct prng prng = unit_prng("no_shift_no_segments");

	(void)state;
	for (int noise = 0; noise < NOISES; noise++) {
		for (size_t l = 0; l < ARRAY_SIZE(length); l++) {
			int alarms = 0, all = runs() * 1000 / length[l];
			struct ci ci;

			for (int run = 0; run < all; run++) {
				struct found f;

				series_make(&prng, noise, length[l]);
				f = segment_series(length[l], 0, INTERVAL_NS);
				alarms += f.n > 0;
				free(f.segment);
			}
			ci = interval_ratio(alarms, all);
			printf("# %s, %d probes: %d of %d, at most %.3f %%\n",
			       noise_name[noise], length[l], alarms, all,
			       100 * ci.hi.value);
			assert_true(ci.lo.value <= most[noise]);
		}
	}
}

struct rates {
	double found;  /* of all runs: one shift, its direction right */
	double placed; /* of those: within a block */
};

static struct rates find_rate(struct prng *prng, enum noise noise, int n,
			      double scatters)
{
	int all = runs() / 4, found = 0, placed = 0;
	struct rates rates;

	for (int run = 0; run < all; run++) {
		int at = n * (0.35 + 0.3 * prng_unit(prng));
		struct found f;
		double off;

		series_make(prng, noise, n);
		series_shift(at, n, scatters * series_scatter(n));
		f = segment_series(n, 0, INTERVAL_NS);
		if (f.n == 2 && (f.segment[1].network.quantile[LEVEL_P50] >
				 f.segment[0].network.quantile[LEVEL_P50]) ==
					(scatters > 0)) {
			found++;
			off = f.segment[1].from_ns / (double)INTERVAL_NS - at;
			placed += fabs(off) <= BLOCK;
		}
		free(f.segment);
	}
	rates.found = (double)found / all;
	rates.placed = found ? (double)placed / found : 0;
	printf("# %s, %d probes, %+.0f scatters: found %.1f %%, in place "
	       "%.1f %%\n",
	       noise_name[noise], n, scatters, 100 * rates.found,
	       100 * rates.placed);
	return rates;
}

static void shifts_are_found_in_place(void **state)
{
	static const struct {
		enum noise noise;
		int n;
		double scatters, found, placed;
	} row[] = {
		{ NOISE_EXPONENTIAL, 1000, 10, 0.95, 0.96 },
		{ NOISE_EXPONENTIAL, 1000, -10, 0.95, 0.96 },
		{ NOISE_EXPONENTIAL, 1000, 20, 0.99, 0.98 },
		{ NOISE_EXPONENTIAL, 1000, -20, 0.99, 0.98 },
		{ NOISE_CORRELATED, 1000, 10, 0.86, 0.93 },
		{ NOISE_CORRELATED, 1000, -10, 0.86, 0.93 },
		{ NOISE_CORRELATED, 1000, 20, 0.94, 0.96 },
		{ NOISE_CORRELATED, 1000, -20, 0.94, 0.96 },
		{ NOISE_PARETO, 1000, 10, 0.93, 0.95 },
		{ NOISE_PARETO, 1000, -10, 0.93, 0.95 },
		{ NOISE_QUEUE, 1000, 20, 0.85, 0.88 },
		{ NOISE_QUEUE, 1000, -20, 0.83, 0.88 },
		{ NOISE_QUEUE, 10000, 10, 0.96, 0.85 },
		{ NOISE_QUEUE, 10000, -10, 0.96, 0.85 },
		{ NOISE_CORRELATED, 10000, 10, 0.98, 0.92 },
		{ NOISE_CORRELATED, 10000, -10, 0.98, 0.92 },
	};
	struct prng prng = unit_prng("shifts_are_found_in_place");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct rates r = find_rate(&prng, row[i].noise, row[i].n,
					   row[i].scatters);

		assert_between(r.found, row[i].found, 1);
		assert_between(r.placed, row[i].placed, 1);
	}
}

static void a_small_shift_is_noise(void **state)
{
	struct prng prng = unit_prng("a_small_shift_is_noise");

	(void)state;
	assert_between(find_rate(&prng, NOISE_EXPONENTIAL, 3000, 3).found, 0,
		       0.02);
	assert_between(find_rate(&prng, NOISE_EXPONENTIAL, 3000, -3).found, 0,
		       0.02);
}

/* Five levels of 20 s, up and down in turn. What cannot be proved takes its
 * neighbours with it, so that it is mostly all of them or none. */
static void many_shifts_are_found_together(void **state)
{
	const double least[NOISES] = { 0.98, 0.93, 0.98, 0.91 };
	struct prng prng = unit_prng("many_shifts_are_found_together");
	const int n = 10000, levels = 5;

	(void)state;
	for (int noise = 0; noise < NOISE_PLATEAU; noise++) {
		int found = 0, none = 0, all = runs() / 10;

		for (int run = 0; run < all; run++) {
			struct found f;

			series_make(&prng, noise, n);
			for (int i = 1; i < levels; i += 2)
				series_shift(i * n / levels,
					     (i + 1) * n / levels, 1e6);
			f = segment_series(n, 0, INTERVAL_NS);
			found += f.n == levels;
			none += !f.n;
			free(f.segment);
		}
		printf("# %s: all found in %d, none in %d of %d\n",
		       noise_name[noise], found, none, all);
		assert_between((double)found / all, least[noise], 1);
	}
}

/* Up, up, down, up: each part's figures are those of its samples alone. */
static void every_segment_has_its_own_figures(void **state)
{
	const int at[] = { 0, 1000, 1800, 3000, 3400, 4000 };
	const double level[] = { 0, 4e5, 9e5, -2e6, 1.2e7 };
	struct prng prng = unit_prng("every_segment_has_its_own_figures");
	struct found f;

	(void)state;
	series_make(&prng, NOISE_EXPONENTIAL, 4000);
	for (int i = 0; i < 5; i++)
		series_shift(at[i], at[i + 1], level[i]);
	f = segment_series(4000, 0, INTERVAL_NS);
	assert_int_equal(f.n, 5);
	for (int i = 0; i < 5; i++) {
		const struct segment *s = &f.segment[i];
		int from = s->from_ns / INTERVAL_NS;
		int to = i < 4 ? s->to_ns / INTERVAL_NS : 4000;
		int n = to - from;

		assert_between(from, at[i] - BLOCK, at[i] + BLOCK);
		assert_int_equal(s->to_ns, i < 4 ? f.segment[i + 1].from_ns
						 : 3999 * INTERVAL_NS);
		assert_int_equal(s->network.n, n);
		qsort(series + from, n, sizeof(*series), series_compare);
		assert_int_equal(s->network.min, series[from]);
		assert_int_equal(s->network.max, series[to - 1]);
		assert_between(s->network.quantile[LEVEL_P50],
			       series[from + (n - 1) / 2],
			       series[from + (n - 1) / 2]);
		assert_true(s->network.ci95[LEVEL_P50].hi.finite);
	}
	free(f.segment);
}

/* With no noise to speak of the moment is known to the probe. */
static void a_quiet_path_tells_the_very_probe(void **state)
{
	struct found f;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		for (int i = 0; i < 1000; i++)
			series[i] = LEVEL_NS + i % 7 * 20;
		series_shift(537, 1000, sign * 3000);
		f = segment_series(1000, 0, INTERVAL_NS);
		assert_int_equal(f.n, 2);
		assert_int_equal(f.segment[1].from_ns, 537 * INTERVAL_NS);
		assert_int_equal(f.segment[0].network.min, LEVEL_NS);
		assert_int_equal(f.segment[1].network.min,
				 LEVEL_NS + sign * 3000);
		free(f.segment);
	}
}

static void assert_one_level(int n)
{
	struct found f = segment_series(n, 0, INTERVAL_NS);

	assert_int_equal(f.n, 0);
	free(f.segment);
}

/* What is no shift: each is one once it lasts, or is steep, or is high. */
static void what_does_not_stay_is_no_shift(void **state)
{
	struct prng prng = unit_prng("what_does_not_stay_is_no_shift");
	struct found f;

	(void)state;
	series_make(&prng, NOISE_EXPONENTIAL, 3000);
	assert_one_level(3000);
	series[1700] -= 5000000; /* a stray */
	assert_one_level(3000);
	series_shift(1000, 1400, 1e7); /* a busy period of 4 s */
	assert_one_level(3000);
	series_shift(1400, 1700, 1e7);
	f = segment_series(3000, 0, INTERVAL_NS);
	assert_int_equal(f.n, 3);
	free(f.segment);
	series_shift(1000, 1700, -1e7);
	series_shift(2800, 3000, 1e7); /* 2 s before the end */
	assert_one_level(3000);
	series_shift(2600, 2800, 1e7);
	f = segment_series(3000, 0, INTERVAL_NS);
	assert_int_equal(f.n, 2);
	free(f.segment);
	series_shift(1500, 2600, 1e7);
	series_shift(2000, 2001, -1e7); /* twice what was before */
	series_shift(2500, 2501, -1e7);
	assert_one_level(3000);
	series_shift(2000, 2001, 1e7);
	series_shift(2500, 2501, 1e7);
	f = segment_series(3000, 0, INTERVAL_NS);
	assert_int_equal(f.n, 2);
	free(f.segment);
	series_shift(1500, 3000, -1e7);
	series_shift(1000, 1200, 1e7); /* 2 s, a third of what stays */
	series_shift(2600, 3000, 1e7);
	assert_one_level(3000);
	series_shift(2300, 2600, 1e7);
	f = segment_series(3000, 0, INTERVAL_NS);
	assert_int_equal(f.n, 2);
	free(f.segment);
	series_shift(1000, 1200, -1e7);
	series_shift(2300, 3000, -1e7);
	for (int i = 0; i < 3000; i++) /* a slope */
		series[i] += i * 1000;
	assert_one_level(3000);
}

static void little_is_never_cut(void **state)
{
	struct found f;

	(void)state;
	for (int i = 0; i < 1000; i++)
		series[i] = LEVEL_NS + (i < 500 ? 0 : 1000000);
	for (int n = 0; n < 3; n++)
		assert_one_level(n);
	f = segment_series(1000, 0, INTERVAL_NS / 10); /* half a second each */
	assert_int_equal(f.n, 0);
	f = segment_series(1000, 0, 0);
	assert_int_equal(f.n, 0);
	f = segment_series(1000, 0, INTERVAL_NS * 1000);
	assert_int_equal(f.n, 2);
	free(f.segment);
	f = segment_series(544, 0, INTERVAL_NS * 100); /* 5 blocks of 8 */
	assert_int_equal(f.n, 0);
	f = segment_series(552, 0, INTERVAL_NS * 100);
	assert_int_equal(f.n, 2);
	free(f.segment);
}

static void beyond_the_bound_it_thins(void **state)
{
	enum {
		N = 100000,
		AT = 60007,
		FIRST = 3001,  /* is thinned out */
		LOWEST = 70001 /* is not kept */
	};
	struct prng prng = unit_prng("beyond_the_bound_it_thins");
	struct found f;

	(void)state;
	series_make(&prng, NOISE_EXPONENTIAL, N);
	series_shift(AT, N, -1e6);
	series[LOWEST] = LEVEL_NS - 1000100;
	series[FIRST] = LEVEL_NS - 100;
	f = segment_series(N, 4096, INTERVAL_NS);
	assert_int_equal(f.n, 2);
	/* Every 64th is kept. */
	assert_int_equal(f.segment[0].network.n + f.segment[1].network.n,
			 (N + 63) / 64);
	assert_between(f.segment[1].from_ns / (double)INTERVAL_NS, AT - 64,
		       AT + 64);
	assert_int_equal(f.segment[0].network.min, series[FIRST]);
	assert_int_equal(f.segment[1].network.min, series[LOWEST]);
	assert_between(f.segment[1].network.quantile[LEVEL_P50],
		       LEVEL_NS - 1e6 + 0.6 * SCALE_NS,
		       LEVEL_NS - 1e6 + 0.8 * SCALE_NS);
	free(f.segment);
}

static void a_full_run_takes_no_time(void **state)
{
	struct prng prng = unit_prng("a_full_run_takes_no_time");
	struct page_pool *pool = page_pool_create(0);
	struct segmenter *g = segmenter_create(0);
	struct segment *segment;
	clock_t start;
	double ms;
	size_t n;

	(void)state;
	series_make(&prng, NOISE_EXPONENTIAL, SERIES_ROOM);
	for (int i = 0; i < 30; i++)
		series_shift(i * (SERIES_ROOM / 30),
			     (i + 1) * (SERIES_ROOM / 30),
			     i % 2 * 1e6 + i * 1e5);
	for (int i = 0; i < SERIES_ROOM; i++)
		segmenter_add(g, span_ns(i * INTERVAL_NS), span_ns(series[i]));
	start = clock();
	assert_int_equal(segmenter_report(g, pool, &segment, &n), 0);
	ms = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC;
	printf("# %zu segments of %d samples in %.0f ms\n", n, SERIES_ROOM, ms);
	assert_int_equal(n, 30);
	assert_between(ms, 0, 1000); /* sanitized, on a busy machine */
	free(segment);
	segmenter_destroy(g);
	page_pool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_shift_no_segments),
		cmocka_unit_test(shifts_are_found_in_place),
		cmocka_unit_test(a_small_shift_is_noise),
		cmocka_unit_test(many_shifts_are_found_together),
		cmocka_unit_test(every_segment_has_its_own_figures),
		cmocka_unit_test(a_quiet_path_tells_the_very_probe),
		cmocka_unit_test(what_does_not_stay_is_no_shift),
		cmocka_unit_test(little_is_never_cut),
		cmocka_unit_test(beyond_the_bound_it_thins),
		cmocka_unit_test(a_full_run_takes_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
