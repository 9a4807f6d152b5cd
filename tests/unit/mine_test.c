// SPDX-License-Identifier: GPL-2.0-only
#include "model/mine.h"
#include "unit.h"

#define US 1000
#define MS 1000000

static const struct flow_class classes[] = {
	{ .min_ns = 50 * MS, .below_ns = 2 * US },
	{ .min_ns = 52 * MS, .below_ns = 5 * US },
	{ .min_ns = 60 * MS, .below_ns = 1 * US },
};

static struct mine classify(int64_t min_rtt_ns)
{
	struct mine m = { .local_port = 5000, .min_rtt_ns = min_rtt_ns };

	mine_classify(&m, 1, classes, ARRAY_SIZE(classes));
	assert_int_equal(m.local_port, 5000);
	assert_int_equal(m.min_rtt_ns, min_rtt_ns);
	return m;
}

/* What a class may lie below its minimum, and the grain, are in its favour. */
static void it_is_the_slowest_class_that_is_not_above_it(void **state)
{
	static const struct {
		int64_t rtt_ns;
		int flow_class;
		int64_t hosts_ns, faster_ns;
	} row[] = {
		{ 1 * MS, -1, 0, -1 },
		{ 50 * MS - 3 * US - 1, -1, 0, -1 },
		{ 50 * MS - 3 * US, 0, 0, -1 },
		{ 50 * MS + 40 * US, 0, 40 * US, -1 },
		{ 52 * MS - 6 * US - 1, 0, 2 * MS - 6 * US - 1, -1 },
		{ 52 * MS - 6 * US, 1, 0, 2 * MS - 6 * US },
		{ 59 * MS, 1, 7 * MS, 9 * MS },
		{ 60 * MS, 2, 0, 8 * MS },
		{ 900 * MS, 2, 840 * MS, 848 * MS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		struct mine m = classify(row[i].rtt_ns);

		assert_int_equal(m.flow_class, row[i].flow_class);
		assert_int_equal(m.hosts_ns, row[i].hosts_ns);
		assert_int_equal(m.faster_hosts_ns, row[i].faster_ns);
	}
}

static void without_a_round_trip_it_has_no_class(void **state)
{
	struct mine m = classify(0);

	(void)state;
	assert_int_equal(m.flow_class, -1);
	m.min_rtt_ns = 50 * MS;
	mine_classify(&m, 1, NULL, 0);
	assert_int_equal(m.flow_class, -1);
	assert_int_equal(m.faster_hosts_ns, -1);
}

/* Then the next faster one takes nothing of the hosts either. */
static void a_class_may_reach_below_the_one_before(void **state)
{
	struct flow_class c[] = {
		{ .min_ns = 50 * MS },
		{ .min_ns = 51 * MS, .below_ns = 2 * MS },
	};
	struct mine m = { .min_rtt_ns = 49500 * US };

	(void)state;
	mine_classify(&m, 1, c, 2);
	assert_int_equal(m.flow_class, 1);
	assert_int_equal(m.hosts_ns, 0);
	assert_int_equal(m.faster_hosts_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_the_slowest_class_that_is_not_above_it),
		cmocka_unit_test(without_a_round_trip_it_has_no_class),
		cmocka_unit_test(a_class_may_reach_below_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
