// SPDX-License-Identifier: GPL-2.0-only
#include "model/application.h"

#include <string.h>

#include "model/result.h"
#include "unit.h"

static void test_counts(void **state)
{
	struct application a;

	(void)state;
	application_fill(&a, 55e6);
	assert_true(a.rtt_ns == 55e6);
	assert_true(a.sequential_ns[0] == 55e6);
	assert_true(a.sequential_ns[1] == 550e6);
	assert_true(a.sequential_ns[2] == 5500e6);
	assert_true(a.sequential_ns[3] == 55000e6);
	assert_true(a.saved_ns[0] == 0);
	assert_true(a.saved_ns[3] == 999 * 55e6);
	assert_true(a.connect_ns == 110e6);
	assert_true(a.first_answer_ns == 165e6);
	assert_true(a.quorum_ns == 55e6);
	/* 1 Gbit/s for 55 ms is 6.875 MB. */
	assert_true(a.window[0] == 6.875e6);
	assert_true(a.window[1] == 5 * 6.875e6);
	assert_true(a.window[2] == 10 * 6.875e6);
}

static struct duration measured(double p50, double p99)
{
	struct duration d = { .n = 1000 };

	d.quantile[LEVEL_P50] = p50;
	d.quantile[LEVEL_P99] = p99;
	return d;
}

/* From call to answer where that was measured, else the network alone. */
static void test_basis(void **state)
{
	struct result r = { .network = measured(50e6, 51e6) };

	(void)state;
	application_judge(&r);
	assert_string_equal(r.application.basis, "network");
	assert_true(r.application.p50.rtt_ns == 50e6);
	r.rtt = measured(52e6, 60e6);
	application_judge(&r);
	assert_string_equal(r.application.basis, "rtt");
	assert_true(r.application.p50.rtt_ns == 52e6);
	assert_true(r.application.p99.rtt_ns == 60e6);
	r.rtt.n = r.network.n = 0;
	application_judge(&r);
	assert_null(r.application.basis);
}

static void test_outlook(void **state)
{
	struct application_outlook outlook;
	char why[SITE_WHY];
	struct distance d;
	struct site a, b;

	(void)state;
	assert_int_equal(site_parse("us-east-1", &a, why), 0);
	assert_int_equal(site_parse("us-west-2", &b, why), 0);
	distance_fill(&d, &a, &b);
	application_expect(&outlook, &d);
	assert_true(outlook.fibre.rtt_ns ==
		    d.floor_ns[FLOOR_FIBRE_NOMINAL].value);
	assert_true(outlook.others_lo.rtt_ns == d.others_ns.lo);
	assert_true(outlook.others_hi.rtt_ns == d.others_ns.hi);
	distance_fill(&d, &a, &a);
	application_expect(&outlook, &d);
	assert_true(isnan(outlook.others_lo.rtt_ns));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_basis),
		cmocka_unit_test(test_outlook),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
