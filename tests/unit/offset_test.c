// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "model/offset.h"
#include "unit.h"

#define EXCHANGES 1000
#define SHORTEST 80 /* ns from A's first reading to its second */
#define AWAY (10 * NSEC_PER_MSEC)

/* B is `difference` ahead and read at any moment between A's two. */
static void exchange(struct offset *o, struct prng *prng, int64_t difference,
		     int64_t length)
{
	int64_t before = (int64_t)prng_below(prng, NSEC_PER_SEC);
	int64_t between = (int64_t)prng_below(prng, (uint64_t)length + 1);

	offset_note(o, (mono_t){ before }, before + between + difference,
		    (mono_t){ before + length });
}

static int64_t any_length(struct prng *prng)
{
	return SHORTEST + (int64_t)prng_below(prng, 2 * SHORTEST);
}

static void one_difference_is_bounded_narrowly(void **state)
{
	struct prng prng = unit_prng(__func__);
	struct offset_bounds found;
	struct offset o;

	(void)state;
	for (int64_t d = -5000; d <= 5000; d += 500) {
		offset_init(&o);
		for (int i = 0; i < EXCHANGES; i++)
			exchange(&o, &prng, d, any_length(&prng));
		exchange(&o, &prng, d, AWAY);
		assert_int_equal(offset_judge(&o, &found), 0);
		assert_true(found.lo_ns <= d && d <= found.hi_ns);
		assert_true(found.hi_ns - found.lo_ns <= SHORTEST);
	}
}

/* A difference that wanders: all that it was is inside, and what a CPU that was
 * away leaves open is not. */
static void a_changing_difference_is_all_inside(void **state)
{
	const int64_t wander = 300;
	struct prng prng = unit_prng(__func__);
	struct offset_bounds found;
	struct offset o;

	(void)state;
	offset_init(&o);
	for (int i = 0; i < EXCHANGES; i++)
		exchange(&o, &prng, i * wander / EXCHANGES, any_length(&prng));
	exchange(&o, &prng, 0, AWAY);
	assert_int_equal(offset_judge(&o, &found), -ERANGE);
	assert_true(found.lo_ns <= 0 && found.hi_ns >= wander - 1);
	assert_true(found.lo_ns >= -3 * SHORTEST);
	assert_true(found.hi_ns <= wander + 3 * SHORTEST);
}

static void without_an_exchange_nothing_is_known(void **state)
{
	struct prng prng = unit_prng(__func__);
	struct offset_bounds found;
	struct offset o;

	(void)state;
	offset_init(&o);
	assert_int_equal(offset_judge(&o, &found), -ETIME);
	exchange(&o, &prng, 7, AWAY);
	assert_int_equal(offset_judge(&o, &found), 0);
	assert_int_equal(found.hi_ns - found.lo_ns, AWAY);
	assert_true(found.lo_ns <= 7 && 7 <= found.hi_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_difference_is_bounded_narrowly),
		cmocka_unit_test(a_changing_difference_is_all_inside),
		cmocka_unit_test(without_an_exchange_nothing_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
