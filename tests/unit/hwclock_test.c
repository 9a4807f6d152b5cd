// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NIC's clock against a made-up truth: how far it really was from ours at
 * every moment is known, and the readings are made of that.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "hwclock_truth.h"
#include "model/hwbar.h"

#define SEEDS 300
#define STAMPS_EACH 400

/* Of a linear clock all are to be placed, of any other this share. */
#define LEAST_PLACED 0.9
#define LEAST_COVERED 0.95

/* A bar that holds by being as wide as a hop is of no use. */
#define WIDTHS_MOST 3.0

/* Brackets as a PCIe read has them: 300 ns and more, the tightest of four, and
 * its moment near the same end all through the run. */
static struct bracket bracket_draw(struct prng *prng, double lean)
{
	struct bracket b = { .width = INFINITY };

	for (int i = 0; i < 4; i++)
		b.width = fmin(b.width, 300 - 500 * log(prng_unit(prng)));
	if (prng_unit(prng) < 0.01)
		b.width += 30000 * prng_unit(prng);
	b.where = fmin(1, fmax(0, lean + 0.1 * unit_normal(prng)));
	return b;
}

/* The sum of the half brackets. */
static double readings_add(struct hwclock *c, const struct truth *t,
			   struct prng *prng)
{
	double lean = prng_unit(prng), half = 0;

	hwclock_init(c);
	for (int i = 0; i < READINGS; i++) {
		struct bracket b = bracket_draw(prng, lean);
		int64_t late = (int64_t)(0.75 * STEP_NS * prng_unit(prng));

		half += reading_add(c, t, i * STEP_NS + late + STEP_NS / 8, &b);
	}
	return half;
}

struct score {
	unsigned int asked, placed, covered;
	double bars, halves; /* means, of those placed and of all brackets */
};

static void score_stamps(const struct hwclock *c, const struct truth *t,
			 struct prng *prng, struct score *score)
{
	for (int i = 0; i < STAMPS_EACH; i++) {
		int64_t at =
			STEP_NS + prng_below(prng, STEP_NS * (READINGS - 9));
		mono_t seen = { at + 3000 + prng_below(prng, 60000) };
		struct hwclock_place place;
		int err;

		score->asked++;
		err = hwclock_locate(c, (nic_t){ nic_at(t, at) }, seen, &place);
		if (err) {
			assert_int_equal(err, -EILSEQ);
			continue;
		}
		assert_true(place.is_settled);
		score->placed++;
		score->covered += llabs(place.at.ns - at) <= place.bar.ns;
		score->bars += (double)place.bar.ns;
	}
}

static struct score score_of(const char *name, double wander)
{
	struct hwclock *c = malloc(sizeof(*c));
	struct prng prng = unit_prng(name);
	struct score score = { 0 };
	struct truth t;
	double half = 0;

	assert_non_null(c);
	for (int seed = 0; seed < SEEDS; seed++) {
		truth_make(&t, &prng, wander);
		half += readings_add(c, &t, &prng);
		score_stamps(c, &t, &prng, &score);
	}
	half /= (double)SEEDS * READINGS;
	score.bars /= score.placed;
	print_message("# %s: %u stamps, %.4f placed, %.4f of these covered, "
		      "bar %.0f ns, half a bracket %.0f ns\n",
		      name, score.asked, (double)score.placed / score.asked,
		      (double)score.covered / score.placed, score.bars, half);
	score.halves = half;
	free(c);
	return score;
}

/* Any constant rate, any lean within the brackets: nothing is lost. */
static void test_linear(void **state)
{
	struct score s;

	(void)state;
	s = score_of("linear", 0);
	assert_between(s.bars, s.halves / 2, WIDTHS_MOST * s.halves);
	assert_int_equal(s.placed, s.asked);
	assert_true(s.covered >= LEAST_COVERED * s.placed);
}

/* Rates that wander by 0.2 ppm from one tenth of a second to the next. */
static void test_wandering(void **state)
{
	struct score s;

	(void)state;
	s = score_of("wandering", 0.2);
	assert_between(s.bars, s.halves / 2, WIDTHS_MOST * s.halves);
	assert_true(s.placed >= LEAST_PLACED * s.asked);
	assert_true(s.covered >= LEAST_COVERED * s.placed);
}

/* Rates pushed about by 20 ppm: what cannot be told from a step is left out,
 * and what is left is right. */
static void test_pushed(void **state)
{
	struct score s;

	(void)state;
	s = score_of("pushed", 20);
	assert_true(s.placed > 0);
	assert_true(s.covered >= LEAST_COVERED * s.placed);
}

/* Stamps within two seconds of a step of `least` to `most` ns, either way. */
static struct score score_steps(struct prng *prng, double least, double most,
				unsigned int *unseen)
{
	struct hwclock *c = malloc(sizeof(*c));
	struct hwclock_place place;
	struct score score = { 0 };
	struct truth t;

	assert_non_null(c);
	*unseen = 0;
	for (int seed = 0; seed < SEEDS; seed++) {
		double size = least * pow(most / least, prng_unit(prng));
		size_t at = 20 + prng_below(prng, READINGS - 40);

		truth_make(&t, prng, 0.1);
		t.step = prng_unit(prng) < 0.5 ? size : -size;
		t.step_at = at * STEP_NS + prng_below(prng, STEP_NS);
		readings_add(c, &t, prng);
		*unseen += !c->steps;
		for (int i = 0; i < STAMPS_EACH; i++) {
			int64_t when = t.step_at - 20 * STEP_NS +
				       prng_below(prng, 40 * STEP_NS);

			score.asked++;
			if (hwclock_locate(c, (nic_t){ nic_at(&t, when) },
					   (mono_t){ when + 5000 }, &place))
				continue;
			score.placed++;
			score.covered +=
				llabs(place.at.ns - when) <= place.bar.ns;
		}
	}
	print_message("# steps of %.0f to %.0f us: %u asked, %u placed, %u of "
		      "these covered, %u steps unseen\n",
		      least / 1e3, most / 1e3, score.asked, score.placed,
		      score.covered, *unseen);
	free(c);
	return score;
}

/* No step that is larger than any bracket goes unseen, and no stamp gets a
 * place across it. One that a bracket may hide costs no more than the bar's
 * own twentieth. */
static void test_steps(void **state)
{
	struct prng prng = unit_prng("steps");
	unsigned int unseen;
	struct score s;

	(void)state;
	s = score_steps(&prng, 2e5, 1e9, &unseen);
	assert_int_equal(unseen, 0);
	assert_true(s.placed >= 0.7 * s.asked);
	assert_true(s.covered >= 0.999 * s.placed);
	s = score_steps(&prng, 200, 2e5, &unseen);
	assert_true(unseen < SEEDS);
	assert_true(s.placed >= LEAST_PLACED * s.asked);
	assert_true(s.covered >= LEAST_COVERED * s.placed);
}

static void add_even(struct hwclock *c, const struct truth *t, int from, int to)
{
	const struct bracket b = { 400, 0.5 };

	for (int i = from; i < to; i++)
		reading_add(c, t, i * STEP_NS, &b);
}

/* Where there is not enough to go by it says so and what would help. */
static void test_too_little(void **state)
{
	struct hwclock *c = malloc(sizeof(*c));
	struct prng prng = unit_prng("too little");
	struct hwclock_place place = { .at = { 1 } };
	const int64_t at = STEP_NS * 5 / 2;
	const mono_t seen = { at + 5000 };
	struct truth t;
	nic_t stamp;

	(void)state;
	assert_non_null(c);
	truth_make(&t, &prng, 0);
	stamp.ns = nic_at(&t, at);
	hwclock_init(c);
	assert_int_equal(hwclock_locate(c, stamp, seen, &place), -ENOENT);
	add_even(c, &t, 2, 3);
	assert_int_equal(hwclock_locate(c, stamp, seen, &place), -EAGAIN);
	add_even(c, &t, 3, 4);
	assert_int_equal(hwclock_locate(c, stamp, seen, &place), -EAGAIN);
	assert_int_equal(place.at.ns, 1);
	add_even(c, &t, 4, 5);
	assert_int_equal(hwclock_locate(c, stamp, seen, &place), 0);
	assert_true(place.is_settled);
	assert_between(place.at.ns, at - 200, at + 200);
	/* Before all readings, and of another clock. */
	stamp.ns = nic_at(&t, STEP_NS);
	assert_int_equal(hwclock_locate(c, stamp, (mono_t){ STEP_NS }, &place),
			 -ENOENT);
	assert_int_equal(hwclock_locate(c, stamp, seen, &place), -ENOENT);
	stamp.ns = nic_at(&t, at) + 37 * NSEC_PER_SEC;
	assert_int_equal(hwclock_locate(c, stamp, seen, &place), -ENOENT);
	free(c);
}

/* With a neighbour on one side only it is not settled, and may be lost yet. */
static void test_one_side(void **state)
{
	struct hwclock *c = malloc(sizeof(*c));
	struct prng prng = unit_prng("one side");
	const int64_t at = STEP_NS * 5 / 2;
	const mono_t seen = { at + 5000 };
	struct hwclock_place place;
	struct truth t;

	(void)state;
	assert_non_null(c);
	truth_make(&t, &prng, 0);
	hwclock_init(c);
	add_even(c, &t, 0, 4);
	assert_int_equal(
		hwclock_locate(c, (nic_t){ nic_at(&t, at) }, seen, &place), 0);
	assert_false(place.is_settled);
	assert_int_equal(c->steps, 0);
	t.step_at = STEP_NS * 7 / 2;
	t.step = 50000;
	add_even(c, &t, 4, 8);
	assert_int_equal(hwclock_locate(c, (nic_t){ nic_at(&t, at) }, seen,
					&place),
			 -EILSEQ);
	assert_int_equal(c->steps, 1);
	free(c);
}

/* A clock set back shows the same time twice: `seen` tells which it was. */
static void test_set_back(void **state)
{
	struct hwclock *c = malloc(sizeof(*c));
	struct prng prng = unit_prng("set back");
	struct hwclock_place place;
	const int64_t early = STEP_NS * 55 / 2, late = STEP_NS * 95 / 2;
	struct truth t;

	(void)state;
	assert_non_null(c);
	truth_make(&t, &prng, 0);
	t.step_at = STEP_NS * 81 / 2;
	t.step = -20.0 * STEP_NS;
	hwclock_init(c);
	add_even(c, &t, 0, 80);
	assert_int_equal(hwclock_locate(c, (nic_t){ nic_at(&t, early) },
					(mono_t){ early + 5000 }, &place),
			 0);
	assert_between(place.at.ns, early - 200, early + 200);
	assert_int_equal(hwclock_locate(c, (nic_t){ nic_at(&t, late) },
					(mono_t){ late + 5000 }, &place),
			 0);
	assert_between(place.at.ns, late - 200, late + 200);
	assert_int_equal(c->steps, 1);
	assert_false(isfinite(hwclock_rate_ppm(c)));
	t.step = -2.5 * STEP_NS;
	hwclock_init(c);
	add_even(c, &t, 0, 80);
	for (int i = 37 * 4; i < 45 * 4; i++) {
		const int64_t at = STEP_NS * i / 4;
		int err = hwclock_locate(c, (nic_t){ nic_at(&t, at) },
					 (mono_t){ at + 5000 }, &place);

		if (!err)
			assert_between(place.at.ns, at - 200, at + 200);
		else
			assert_between(i, 39 * 4, 42 * 4 - 1);
	}
	free(c);
}

/* Only the last are kept, and the rate is of all. */
static void test_ring(void **state)
{
	struct hwclock *c = malloc(sizeof(*c));
	struct hwclock_reading r;
	struct hwclock_place place;
	int64_t at = (3 * HWCLOCK_READINGS - 5) * STEP_NS + 70;

	(void)state;
	assert_non_null(c);
	hwclock_init(c);
	assert_false(isfinite(hwclock_rate_ppm(c)));
	for (int64_t i = 0; i < 3 * HWCLOCK_READINGS; i++) {
		r = (struct hwclock_reading){
			.before = { i * STEP_NS },
			.after = { i * STEP_NS + 100 },
			.nic = { 7 + i * (STEP_NS - 1000) },
		};
		assert_int_equal(hwclock_add(c, &r), 0);
	}
	assert_int_equal(hwclock_add(c, &r), -EINVAL);
	assert_int_equal(c->count, 3 * HWCLOCK_READINGS);
	assert_between(hwclock_rate_ppm(c), 10.00009, 10.00011);
	/* From the first of all to the last, and not much beyond. */
	assert_true(hwclock_spans(c, c->first.nic));
	assert_true(hwclock_spans(c, r.nic));
	r.nic.ns += 100000;
	assert_false(hwclock_spans(c, r.nic));
	assert_false(hwclock_spans(c, (nic_t){ 7 - 100000 }));
	assert_int_equal(hwclock_locate(c, (nic_t){ 7 + 5 * STEP_NS },
					(mono_t){ 5 * STEP_NS + 90000 },
					&place),
			 -ENOENT);
	r.nic.ns = 7 + (3 * HWCLOCK_READINGS - 5) * (STEP_NS - 1000) + 20;
	assert_int_equal(
		hwclock_locate(c, r.nic, (mono_t){ at + 1000 }, &place), 0);
	assert_int_equal(place.at.ns, at);
	assert_int_equal(place.bar.ns, 50);
	free(c);
}

static void test_bars(void **state)
{
	struct hwbar b;

	(void)state;
	hwbar_init(&b);
	assert_between(hwbar_most(&b), 0, 0);
	for (int i = 1; i <= 1000; i++)
		hwbar_add(&b, span_ns(i));
	assert_between(hwbar_most(&b), 995, 1000);
	assert_int_equal(b.max.ns, 1000);
	for (int i = 0; i < 5; i++)
		hwbar_add(&b, span_ns(NSEC_PER_SEC));
	assert_between(hwbar_most(&b), 1000, 1100);
	for (int i = 0; i < 5; i++)
		hwbar_add(&b, span_ns(NSEC_PER_SEC));
	assert_between(hwbar_most(&b), NSEC_PER_SEC, NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_wandering),
		cmocka_unit_test(test_pushed),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_too_little),
		cmocka_unit_test(test_one_side),
		cmocka_unit_test(test_set_back),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
