/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far a delay moves a quantile: simulated over what is delayed and how,
 * counting how often the bound is not below what the shift really was.
 */
#include "model/budget.h"
#include "shift_world.h"

#define RUNS 120

/* 120 runs at 95 % have fewer than these once in 2000 tests (binomial). */
#define COVERED_MIN 105

enum what {
	CONSTANT,
	UNIFORM,
	EXPONENTIAL,
	LOGNORMAL,
	BIMODAL, /* with the gap at the very quantile */
	AUTOREGRESSIVE,
	WHATS,
};

static const char *const what_name[WHATS] = {
	"constant", "uniform", "exponential", "lognormal", "bimodal", "AR(1)",
};

enum delay {
	NARROW,
	EXPONENTIAL_DELAY,
	OUTLIERS, /* one in a hundred is a hundred times as long */
	DELAY_KINDS,
};

static const char *const delay_name[DELAY_KINDS] = {
	"narrow",
	"exponential",
	"with outliers",
};

static double exponential(struct prng *prng)
{
	return -log(prng_unit(prng));
}

/* Of mean 1000 or about that. */
static double draw_delay(struct prng *prng, int kind)
{
	switch (kind) {
	case NARROW:
		return 950 + 100 * prng_unit(prng);
	case EXPONENTIAL_DELAY:
		return 1000 * exponential(prng);
	default:
		return (500 + 100 * prng_unit(prng)) *
		       (prng_unit(prng) < 0.01 ? 100 : 1);
	}
}

static double draw(struct shift_world *w)
{
	switch (w->what) {
	case UNIFORM:
		return 1e6 * prng_unit(&w->prng);
	case EXPONENTIAL:
		return 2e4 * exponential(&w->prng);
	case LOGNORMAL:
		return 3e3 * exp(unit_normal(&w->prng));
	case BIMODAL:
		return prng_unit(&w->prng) <= w->p ? 0 : 5e6;
	case AUTOREGRESSIVE:
		w->last = 0.99 * w->last +
			  sqrt(1 - 0.99 * 0.99) * 1e5 * unit_normal(&w->prng);
		return w->last;
	default:
		return 0;
	}
}

static double simulate(struct shift_world *w)
{
	static const struct shift_draws draws = { draw, draw_delay };

	w->last = 1e5 * unit_normal(&w->prng);
	return shift_simulate(w, &draws);
}

struct found {
	int covered;
	double bound, shift; /* means */
};

static struct found try_all(struct shift_world *w)
{
	struct found f = { 0 };

	for (int i = 0; i < RUNS; i++) {
		double shift = simulate(w);
		double bound =
			budget_shift(w->value, w->n, w->delay, DELAYS, w->p);

		f.covered += bound >= shift;
		f.bound += bound / RUNS;
		f.shift += shift / RUNS;
	}
	printf("# %-12s %-13s p%-2.0f n %4zu: covered %3d, shift %7.0f, "
	       "bound %7.0f ns\n",
	       what_name[w->what], delay_name[w->kind], w->p * 100, w->n,
	       f.covered, f.shift, f.bound);
	return f;
}

static bool covers(struct shift_world *w)
{
	return try_all(w).covered >= COVERED_MIN;
}

static void the_bound_covers_the_shift(void **state)
{
	static struct shift_world w;

	(void)state;
	w.prng = unit_prng(__func__);
	assert_int_equal(shift_sweep(&w, WHATS, DELAY_KINDS, covers), 0);
}

/* What it is for: at the median, no more than the delay asks for. */
static void the_bound_is_tight(void **state)
{
	static const struct {
		enum what what;
		enum delay kind;
		double p;
		double most; /* of the mean bound */
	} limit[] = {
		{ CONSTANT, NARROW, 0.5, 1050 },
		{ CONSTANT, NARROW, 0.99, 1060 },
		{ CONSTANT, EXPONENTIAL_DELAY, 0.5, 1000 },
		{ CONSTANT, OUTLIERS, 0.5, 620 },
		{ LOGNORMAL, NARROW, 0.5, 1300 },
		{ LOGNORMAL, EXPONENTIAL_DELAY, 0.5, 2600 },
		{ EXPONENTIAL, NARROW, 0.5, 3000 },
	};
	static struct shift_world w;

	(void)state;
	w.prng = unit_prng(__func__);
	for (size_t i = 0; i < ARRAY_SIZE(limit); i++) {
		w.what = limit[i].what;
		w.kind = limit[i].kind;
		w.p = limit[i].p;
		w.n = VALUES_MAX;
		assert_between(try_all(&w).bound, 0, limit[i].most);
	}
}

/* The worst X: the k-th smallest is as the ones before it, the next far off. */
static void the_largest_of_k_bounds_any_shift(void **state)
{
	static struct shift_world w = { .what = BIMODAL,
					.kind = EXPONENTIAL_DELAY,
					.p = 0.5 };
	double sum = 0;
	int covered = 0;

	(void)state;
	w.prng = unit_prng(__func__);
	w.n = 40;
	for (int i = 0; i < 5 * RUNS; i++) {
		double shift = simulate(&w);
		double bound = budget_shift_any(w.delay, DELAYS, w.n, w.p);

		covered += bound >= shift;
		sum += bound / (5 * RUNS);
	}
	printf("# %d of %d covered, bound %.0f ns\n", covered, 5 * RUNS, sum);
	assert_true(covered >= 546); /* 95 % less 4.5 deviations */
	/* The 0.95^(1/20) quantile is 5970 ns. */
	assert_between(sum, 5970, 7500);
	assert_true(isinf(budget_shift_any(w.delay, DELAYS, 106, 0.5)));
	assert_false(isinf(budget_shift_any(w.delay, DELAYS, 104, 0.5)));
}

static void too_little_to_go_by_is_no_bound(void **state)
{
	const int64_t value[] = { 1000, 1001, 1002 };
	double delay[100] = { 0 };

	(void)state;
	assert_true(isinf(budget_shift(value, 0, delay, 100, 0.5)));
	assert_true(isinf(budget_shift(value, 3, delay, 0, 0.5)));
	assert_true(isinf(budget_shift_any(delay, 100, 0, 0.5)));
	/* One value tells nothing: twice the greatest delay. */
	delay[0] = 70;
	assert_between(budget_shift(value, 1, delay, 1, 0.5), 140, 140);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bound_covers_the_shift),
		cmocka_unit_test(the_bound_is_tight),
		cmocka_unit_test(the_largest_of_k_bounds_any_shift),
		cmocka_unit_test(too_little_to_go_by_is_no_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
