/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include <errno.h>

#include "model/distribution.h"
#include "model/until.h"

#define SCALE_NS 100000
#define N_MAX 1000000

static void texts_are_parsed(void **state)
{
	static const struct {
		const char *text;
		enum level level;
		int64_t ns;
	} good[] = {
		{ "p99\u00b120us", LEVEL_P99, 20000 },
		{ "p50+-1ms", LEVEL_P50, 1000000 },
		{ "p90\u00b10.5us", LEVEL_P90, 500 },
		{ "p99.9+-1", LEVEL_P999, 1000000000 },
		{ "p999\u00b130ns", LEVEL_P999, 30 },
	};
	static const char *const bad[] = {
		"",
		"p99",
		"p99\u00b1",
		"p99\u00b10",
		"p99+20us",
		"p99-+20us",
		"p95\u00b120us",
		"p9\u00b120us",
		"p99\u00b1-1",
		"99+-20us",
		"p99+-20us ",
		"p99\xb1",
		"p99+-20 us",
		"p99+-0.1ns",
		"p99.99\u00b120us",
		"p99\xc2",
	};
	struct until until;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(until_parse(good[i].text, &until), 0);
		assert_int_equal(until.level, good[i].level);
		assert_int_equal(until.within.ns, good[i].ns);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(until_parse(bad[i], &until), -EINVAL);
}

static struct duration narrow(void)
{
	struct duration d = { .n = 1000, .n_eff = 500 };

	d.quantile[LEVEL_P99] = 1000;
	d.ci95[LEVEL_P99] = (struct ci){ { true, 980 }, { true, 1020 } };
	return d;
}

static void both_sides_have_to_be_near(void **state)
{
	const struct until until = { LEVEL_P99, { 20 } };
	struct duration d = narrow();

	(void)state;
	assert_true(until_reached(&until, &d));
	d.ci95[LEVEL_P99].lo.value = 979.5;
	assert_false(until_reached(&until, &d));
	d = narrow();
	d.ci95[LEVEL_P99].hi.value = 1020.5;
	assert_false(until_reached(&until, &d));
	d = narrow();
	d.ci95[LEVEL_P99].hi.finite = false;
	assert_false(until_reached(&until, &d));
	d = narrow();
	d.ci95[LEVEL_P99].lo.finite = false;
	assert_false(until_reached(&until, &d));
	d = narrow();
	d.short_memory = true;
	assert_false(until_reached(&until, &d));
	d = narrow();
	d.n_eff = UNTIL_N_EFF - 1;
	assert_false(until_reached(&until, &d));
}

static void two_looks_have_to_agree(void **state)
{
	const struct until until = { LEVEL_P99, { 20 } };
	struct duration d = narrow(), wide = narrow();
	struct until_looks looks = { 0 };

	(void)state;
	assert_false(until_is_due(&looks, UNTIL_N_EFF - 1));
	assert_true(until_is_due(&looks, UNTIL_N_EFF));
	assert_false(until_look(&looks, &until, &d));
	assert_false(until_is_due(&looks, 1249));
	assert_true(until_is_due(&looks, 1250));
	wide.ci95[LEVEL_P99].hi.value = 2000;
	assert_false(until_look(&looks, &until, &wide));
	assert_false(until_look(&looks, &until, &d));
	assert_true(until_look(&looks, &until, &d));
}

struct law {
	const char *name;
	double memory; /* in probes; 0: independent */
	double quantile[LEVELS], density[LEVELS];
	/* As many independent samples as it is made to stop at, roughly. */
	double worth[2];
};

/* Quantiles p50 and p99 with the density there, in units of SCALE_NS. */
#define EXPONENTIAL \
	{ [LEVEL_P50] = 0.693147, [LEVEL_P99] = 4.605170 }, \
	{ \
		[LEVEL_P50] = 0.5, [LEVEL_P99] = 0.01 \
	}
#define PARETO /* index 1.2 */ \
	{ [LEVEL_P50] = 1.781797, [LEVEL_P99] = 46.415888 }, \
	{ \
		[LEVEL_P50] = 0.336736, [LEVEL_P99] = 0.000258532 \
	}
#define NORMAL \
	{ [LEVEL_P50] = 0, [LEVEL_P99] = 2.326348 }, \
	{ \
		[LEVEL_P50] = 0.398942, [LEVEL_P99] = 0.0266521 \
	}

static const struct law laws[] = {
	{ "exponential", 0, EXPONENTIAL, { 300, 3000 } },
	{ "Pareto", 0, PARETO, { 300, 3000 } },
	{ "AR(1), 30 probes", 30, NORMAL, { 300, 1000 } },
	{ "AR(1), 200 probes", 200, NORMAL, { 100, 300 } },
	/* Wide enough for the first looks, if those could be trusted. */
	{ "AR(1), 200 probes", 200, NORMAL, { 5, 10 } },
};

static double draw(struct prng *prng, const struct law *law, double *memory)
{
	double phi, now = *memory;

	if (law->memory == 0 && law->quantile[LEVEL_P50] < 1)
		return -log(prng_unit(prng));
	if (law->memory == 0)
		return pow(prng_unit(prng), -1 / 1.2);
	phi = exp(-1 / law->memory);
	*memory = phi * now + sqrt(1 - phi * phi) * unit_normal(prng);
	return now;
}

/* 1 if the interval that ended the run holds the law's quantile, -1 if nothing
 * ended it. */
static int run(struct prng *prng, const struct law *law,
	       const struct until *until, double *sum)
{
	struct page_pool *pool = page_pool_create(0);
	struct distribution *d = distribution_create(pool, 0);
	const struct ci *ci;
	struct until_looks looks = { 0 };
	double memory = unit_normal(prng), truth;
	struct duration out;
	uint64_t n = 0;
	bool stop = false;

	while (!stop && n++ < N_MAX) {
		int64_t ns = llround(draw(prng, law, &memory) * SCALE_NS);

		assert_int_equal(distribution_add(d, span_ns(ns)), 0);
		if (!until_is_due(&looks, n))
			continue;
		assert_int_equal(distribution_level(d, until->level, &out), 0);
		stop = until_look(&looks, until, &out);
	}
	*sum += n;
	distribution_destroy(d);
	page_pool_destroy(pool);
	truth = law->quantile[until->level] * SCALE_NS;
	ci = &out.ci95[until->level];
	return stop ? ci->lo.value <= truth && truth <= ci->hi.value : -1;
}

/* Half the width that so many independent samples give. */
static struct until aim(const struct law *law, enum level level, double worth)
{
	double p = level == LEVEL_P50 ? 0.5 : 0.99;
	double ns = 1.96 * sqrt(p * (1 - p) / worth) / law->density[level];

	return (struct until){ level, span_ns(llround(ns * SCALE_NS)) };
}

static void stopping_leaves_the_interval_honest(void **state)
{
	struct prng prng = unit_prng("stopping_leaves_the_interval_honest");
	const char *set = getenv("XRTT_RUNS");
	int runs = set ? atoi(set) : 8, all = 0, held = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(laws) * 4; i++) {
		const struct law *law = &laws[i / 4];
		enum level level = i & 2 ? LEVEL_P99 : LEVEL_P50;
		double worth = law->worth[i & 1] * (i & 2 ? 5 : 1), sum = 0;
		struct until until = aim(law, level, worth);
		int stopped = 0, holds = 0;

		for (int j = 0; j < runs; j++) {
			int end = run(&prng, law, &until, &sum);

			stopped += end >= 0;
			holds += end == 1;
		}
		printf("# %-17s %s within %8.1f us: %d of %d, %.0f probes\n",
		       law->name, i & 2 ? "p99" : "p50", until.within.ns / 1e3,
		       holds, stopped, sum / runs);
		assert_true(stopped >= runs * 3 / 4);
		all += stopped;
		held += holds;
	}
	printf("# %d of %d: %.1f %%\n", held, all, 100.0 * held / all);
	assert_between((double)held / all, 0.93 - 3 * sqrt(0.07 * 0.93 / all),
		       1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_parsed),
		cmocka_unit_test(both_sides_have_to_be_near),
		cmocka_unit_test(two_looks_have_to_agree),
		cmocka_unit_test(stopping_leaves_the_interval_honest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
