// SPDX-License-Identifier: GPL-2.0-only
#include "model/paths.h"
#include "unit.h"

#define MS 1000000
#define NEAR(x, value) assert_between(x, (value)-1e-9, (value) + 1e-9)

static struct flow_class classes[] = {
	{ .min_ns = 50 * MS, .share = 0.3 },
	{ .min_ns = 52 * MS, .share = 0.2 },
	{ .min_ns = 60 * MS, .share = 0.5 },
};

static const struct flows flows = {
	.classes = ARRAY_SIZE(classes),
	.class = classes,
};

static void the_median_path_is_by_time_spent(void **state)
{
	struct path_facts path[PATH_RANKS];
	const struct flows none = { 0 };
	struct result r = { 0 };

	(void)state;
	assert_true(paths_rank(&r, &flows, path));
	assert_int_equal(path[PATH_BEST].flow_class, 0);
	assert_int_equal(path[PATH_MEDIAN].flow_class, 1);
	assert_int_equal(path[PATH_WORST].flow_class, 2);
	assert_int_equal(path[PATH_BEST].above_best_ns, 0);
	assert_int_equal(path[PATH_WORST].above_best_ns, 10 * MS);
	assert_false(isfinite(path[PATH_BEST].inflation[0].value));
	assert_false(paths_rank(&r, &none, path));
}

static void each_is_held_against_every_floor(void **state)
{
	struct path_facts path[PATH_RANKS];
	struct result r = {
		.has_distance = true,
		.network = { .n = 1,
			     .at_p50 = { .known = true,
					 .bounded = true,
					 .minus = 1 * MS,
					 .plus = 2 * MS } },
	};

	(void)state;
	for (int i = 0; i < FLOORS; i++)
		r.distance.floor_ns[i] =
			(struct range){ (i + 1) * 10. * MS, (i + 1) * 20. * MS,
					(i + 1) * 40. * MS };
	assert_true(paths_rank(&r, &flows, path));
	for (int i = 0; i < FLOORS; i++) {
		const struct range *worst = &path[PATH_WORST].inflation[i];

		NEAR(worst->lo * (i + 1), 59 / 40.);
		NEAR(worst->value * (i + 1), 3);
		NEAR(worst->hi * (i + 1), 6.2);
		NEAR(path[PATH_BEST].inflation[i].value * (i + 1), 2.5);
	}
}

/* Half of the 95 % points of chi-square with 2, 4 and 22 degrees of freedom. */
static void the_bound_on_false_events_is_poissons(void **state)
{
	(void)state;
	assert_between(paths_false_events(0, 1, 1), 2.9957, 2.9958);
	assert_between(paths_false_events(1, 1, 1), 4.7438, 4.7440);
	assert_between(paths_false_events(10, 1, 1), 16.9621, 16.9623);
	assert_between(paths_false_events(0, 1000, 10), 0.029957, 0.029958);
	assert_false(isfinite(paths_false_events(0, 0, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_median_path_is_by_time_spent),
		cmocka_unit_test(each_is_held_against_every_floor),
		cmocka_unit_test(the_bound_on_false_events_is_poissons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
