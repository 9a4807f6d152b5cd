/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit.h"

#include "model/schedule.h"

static void fixed_never_drifts(void **state)
{
	const span_t interval = span_ns(333333337);
	struct schedule s;
	int64_t first, at = 0;

	(void)state;
	schedule_init(&s, SCHEDULE_FIXED, interval, 1);
	first = schedule_next(&s).ns;
	for (int i = 1; i <= 100000000; i++)
		at = schedule_next(&s).ns;
	assert_true(at - first == interval.ns * INT64_C(100000000));
}

static void first_phase_is_uniform(void **state)
{
	struct prng prng = unit_prng("first_phase_is_uniform");
	enum {
		RUNS = 20000,
		BINS = 10
	};
	int bins[BINS] = { 0 };
	double chi2 = 0;

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		struct schedule s;
		int64_t phase;

		schedule_init(&s, SCHEDULE_FIXED, span_ns(1000000),
			      prng_next(&prng));
		phase = schedule_next(&s).ns;
		assert_true(phase >= 0 && phase < 1000000);
		bins[phase / (1000000 / BINS)]++;
	}
	for (int i = 0; i < BINS; i++)
		chi2 += pow(bins[i] - RUNS / BINS, 2) / (RUNS / BINS);
	/* 9 degrees of freedom: P(> 47) = 4e-7. */
	assert_between(chi2, 0, 47);
}

static void seed_decides(void **state)
{
	struct schedule a, b, c;
	int same = 0;

	(void)state;
	schedule_init(&a, SCHEDULE_POISSON, span_ns(1000000), 7);
	schedule_init(&b, SCHEDULE_POISSON, span_ns(1000000), 7);
	schedule_init(&c, SCHEDULE_POISSON, span_ns(1000000), 8);
	for (int i = 0; i < 1000; i++) {
		int64_t at = schedule_next(&a).ns;

		assert_int_equal(at, schedule_next(&b).ns);
		same += at == schedule_next(&c).ns;
	}
	assert_true(same < 10);
}

static void poisson_gaps_are_exponential(void **state)
{
	struct prng prng = unit_prng("poisson_gaps_are_exponential");
	enum {
		GAPS = 1000000,
		MEAN = 10000000,
		BINS = 20
	};
	double sum = 0, squares = 0, chi2 = 0, expected = GAPS / BINS;
	int bins[BINS] = { 0 };
	struct schedule s;
	int64_t last = 0;

	(void)state;
	schedule_init(&s, SCHEDULE_POISSON, span_ns(MEAN), prng_next(&prng));
	for (int i = 0; i < GAPS; i++) {
		int64_t at = schedule_next(&s).ns;
		double gap = (double)(at - last) / MEAN;

		assert_true(at >= last);
		last = at;
		sum += gap;
		squares += gap * gap;
		bins[(int)fmin(BINS - 1, BINS * -expm1(-gap))]++;
	}
	for (int i = 0; i < BINS; i++)
		chi2 += pow(bins[i] - expected, 2) / expected;
	/* 5 standard errors: 1 / sqrt(n) of the mean, sqrt(20 / n) of the
	 * second moment, which is 2; 19 degrees of freedom: P(> 66) = 4e-7. */
	assert_between(sum / GAPS, 1 - 0.005, 1 + 0.005);
	assert_between(squares / GAPS, 2 - 0.0224, 2 + 0.0224);
	assert_between(chi2, 0, 66);
}

/* A mean gap of 3 ns: without carrying what rounding leaves over, the mean
 * would be off by half a nanosecond. */
static void poisson_rounding_does_not_add_up(void **state)
{
	struct prng prng = unit_prng("poisson_rounding");
	enum {
		GAPS = 4000000
	};
	struct schedule s;
	int64_t at = 0;

	(void)state;
	schedule_init(&s, SCHEDULE_POISSON, span_ns(3), prng_next(&prng));
	for (int i = 0; i < GAPS; i++)
		at = schedule_next(&s).ns;
	assert_between((double)at / GAPS, 3 * (1 - 0.0025), 3 * (1 + 0.0025));
}

static void no_interval_is_at_once(void **state)
{
	struct schedule s;

	(void)state;
	for (int64_t ns = -5; ns <= 0; ns += 5) {
		schedule_init(&s, SCHEDULE_FIXED, span_ns(ns), 3);
		for (int i = 0; i < 10; i++)
			assert_int_equal(schedule_next(&s).ns, 0);
		schedule_init(&s, SCHEDULE_POISSON, span_ns(ns), 3);
		for (int i = 0; i < 10; i++)
			assert_int_equal(schedule_next(&s).ns, 0);
	}
}

/* The published outputs of splitmix64 from seed 0 fill xoshiro256**'s state. */
static void generator_is_the_one_it_says(void **state)
{
	struct prng prng;
	double low = 2, high = -1;

	(void)state;
	prng_init(&prng, 0);
	assert_true(prng.state[0] == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(prng.state[1] == UINT64_C(0x6e789e6aa1b965f4));
	prng = (struct prng){ { 1, 2, 3, 4 } };
	assert_true(prng_next(&prng) == 11520);
	assert_true(prng_next(&prng) == 0);
	assert_true(prng_next(&prng) == 1509978240);
	for (int i = 0; i < 100000; i++) {
		double u = prng_unit(&prng);

		low = fmin(low, u);
		high = fmax(high, u);
		assert_true(prng_below(&prng, 6) < 6);
	}
	assert_true(low > 0 && low < 0.001 && high > 0.999 && high <= 1);
	assert_int_equal(prng_below(&prng, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_never_drifts),
		cmocka_unit_test(first_phase_is_uniform),
		cmocka_unit_test(seed_decides),
		cmocka_unit_test(poisson_gaps_are_exponential),
		cmocka_unit_test(poisson_rounding_does_not_add_up),
		cmocka_unit_test(no_interval_is_at_once),
		cmocka_unit_test(generator_is_the_one_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
