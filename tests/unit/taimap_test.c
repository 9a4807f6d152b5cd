// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "model/fallback.h"
#include "model/taimap.h"

#define TAI INT64_C(1772366437000000001)
#define MONO INT64_C(81234567890123)

static void what_agrees_is_exact(void **state)
{
	const struct taimap_bracket b = { MONO, TAI, MONO + 40 };
	struct taimap map;

	(void)state;
	for (int64_t ns = 0; ns <= 40; ns++) {
		int64_t exact = TAI - MONO - ns;

		taimap_combine(&b, &exact, &map);
		assert_int_equal(map.offset_ns, exact);
		assert_int_equal(map.error_ns, 0);
	}
}

/* A step, or another number of seconds, came between. */
static void what_disagrees_is_not_believed(void **state)
{
	static const int64_t off[] = { -1000000000, -41, 1, 1000000000 };
	const struct taimap_bracket b = { MONO, TAI, MONO + 40 };
	struct taimap map;

	(void)state;
	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++) {
		int64_t exact = TAI - MONO + off[i];

		taimap_combine(&b, &exact, &map);
		assert_int_equal(map.offset_ns, TAI - MONO - 20);
		assert_int_equal(map.error_ns, 20);
	}
}

/* Whatever the true offset, it is no further away than the error says. */
static void the_error_covers(void **state)
{
	unsigned int seed = 862;
	struct taimap map;

	(void)state;
	print_message("# seed %u\n", seed);
	for (int i = 0; i < 100000; i++) {
		int64_t truth = TAI - MONO + rand_r(&seed) % 1000;
		int64_t early = rand_r(&seed) % 500, late = rand_r(&seed) % 500;
		struct taimap_bracket b = {
			.before = MONO - early,
			.tai = MONO + truth,
			.after = MONO + late,
		};

		taimap_combine(&b, NULL, &map);
		assert_true(llabs(map.offset_ns - truth) <= map.error_ns);
		assert_true(map.error_ns <= (early + late + 1) / 2);
	}
}

static void a_long_reason_is_cut(void **state)
{
	char why[2 * FALLBACK_WHY];
	struct fallback step = {};

	(void)state;
	for (size_t i = 0; i < sizeof(why); i++)
		why[i] = 'x';
	why[sizeof(why) - 1] = '\0';
	fallback_set(&step, "bypass", "socket", why);
	assert_string_equal(step.used, "socket");
	assert_string_equal(step.wanted, "bypass");
	assert_int_equal(step.why[FALLBACK_WHY - 2], 'x');
	assert_int_equal(step.why[FALLBACK_WHY - 1], '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_agrees_is_exact),
		cmocka_unit_test(what_disagrees_is_not_believed),
		cmocka_unit_test(the_error_covers),
		cmocka_unit_test(a_long_reason_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
