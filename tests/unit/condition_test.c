// SPDX-License-Identifier: GPL-2.0-only
#include "model/condition.h"

#include "unit.h"

static void test_parse(void **state)
{
	struct condition c;

	(void)state;
	assert_int_equal(condition_parse("network.p99>60ms", &c), 0);
	assert_true(c.metric == METRIC_NETWORK && c.level == LEVEL_P99);
	assert_true(c.above && !c.is_min && c.limit == 60e6);
	assert_int_equal(condition_parse("rtt.p99.9<1", &c), 0);
	assert_true(c.metric == METRIC_RTT && c.level == LEVEL_P999);
	assert_true(!c.above && c.limit == 1e9);
	assert_int_equal(condition_parse("remote.min>200us", &c), 0);
	assert_true(c.metric == METRIC_REMOTE && c.is_min);
	assert_int_equal(condition_parse("network.p999>1ms", &c), 0);
	assert_true(c.level == LEVEL_P999);
	assert_int_equal(condition_parse("loss>1%", &c), 0);
	assert_true(c.metric == METRIC_LOSS && c.limit == 0.01);
	assert_int_equal(condition_parse("loss>0.005", &c), 0);
	assert_true(c.limit == 0.005);
	assert_int_equal(condition_parse("inflation>1.8", &c), 0);
	assert_true(c.metric == METRIC_INFLATION && c.limit == 1.8);
}

static void test_refuse(void **state)
{
	static const char *const bad[] = {
		"",
		"network",
		"network>1ms",
		"network.p99",
		"network.p99>",
		"network.p99>1xs",
		"network.p95>1ms",
		"network.p99=1ms",
		"network.p99>=1ms",
		"loss>",
		"loss>x",
		"loss>1%%",
		"loss.p99>1",
		"inflation>1%",
		"inflation>inf",
		"inflation>-1",
		"jitter.p99>1ms",
	};
	struct condition c;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!condition_parse(bad[i], &c))
			fail_msg("%s was taken", bad[i]);
}

/* p99 60 ms, sampling 58 to 63, bar -1 +0.5; p50 55, 54.9 to 55.2, -0.3 +0.2;
 * p90 from 57, p99.9 from 63, at least 54; loss 0.2 % to 3 %. */
static struct result measured(void)
{
	struct result r = { .network.n = 1000, .probes.sent = 1000 };
	struct duration *d = &r.network;

	d->min = 54000000;
	d->quantile[LEVEL_P50] = 55e6;
	d->quantile[LEVEL_P99] = 60e6;
	d->ci95[LEVEL_P50] = (struct ci){ { true, 54.9e6 }, { true, 55.2e6 } };
	d->ci95[LEVEL_P90] = (struct ci){ { true, 57e6 }, { true, 58e6 } };
	d->ci95[LEVEL_P999] = (struct ci){ { true, 63e6 }, { true, 70e6 } };
	d->ci95[LEVEL_P99] = (struct ci){ { true, 58e6 }, { true, 63e6 } };
	d->at_p50 = (struct instrument){ true, true, 0.3e6, 0.2e6, 0, NULL };
	d->at_p99 = (struct instrument){ true, true, 1e6, 0.5e6, 0, NULL };
	r.loss.ci95 = (struct ci){ { true, 0.002 }, { true, 0.03 } };
	return r;
}

static void assert_answer(const struct result *r, const char *text,
			  enum condition_answer expected)
{
	struct condition c;
	double near;

	assert_int_equal(condition_parse(text, &c), 0);
	if (condition_judge(&c, r, &near) != expected)
		fail_msg("%s: %d, near end %g", text,
			 condition_judge(&c, r, &near), near);
	assert_true(isfinite(near) == (expected != CONDITION_UNKNOWN));
}

/* 58 less 1, not 60; 63 and 0.5, not 60. */
static void test_near_end(void **state)
{
	struct result r = measured();

	(void)state;
	assert_answer(&r, "network.p99>56.9ms", CONDITION_HOLDS);
	assert_answer(&r, "network.p99>57.1ms", CONDITION_FAILS);
	assert_answer(&r, "network.p99<63.6ms", CONDITION_HOLDS);
	assert_answer(&r, "network.p99<63.4ms", CONDITION_FAILS);
	assert_answer(&r, "network.p50>54.59ms", CONDITION_HOLDS);
	assert_answer(&r, "network.p50>54.61ms", CONDITION_FAILS);
	assert_answer(&r, "network.p90>56.69ms", CONDITION_HOLDS);
	assert_answer(&r, "network.p90>56.71ms", CONDITION_FAILS);
	assert_answer(&r, "network.p99.9>61.9ms", CONDITION_HOLDS);
	assert_answer(&r, "network.p99.9>62.1ms", CONDITION_FAILS);
	assert_answer(&r, "network.min>53.69ms", CONDITION_HOLDS);
	assert_answer(&r, "network.min>53.71ms", CONDITION_FAILS);
	assert_answer(&r, "network.min<54.21ms", CONDITION_HOLDS);
	assert_answer(&r, "loss>0.1%", CONDITION_HOLDS);
	assert_answer(&r, "loss>0.3%", CONDITION_FAILS);
	assert_answer(&r, "loss<4%", CONDITION_HOLDS);
	assert_answer(&r, "loss<2%", CONDITION_FAILS);
}

static void test_unknown(void **state)
{
	struct result r = measured();

	(void)state;
	assert_answer(&r, "rtt.p50>1ms", CONDITION_UNKNOWN);
	assert_answer(&r, "inflation>1", CONDITION_UNKNOWN);
	r.network.ci95[LEVEL_P99].hi.finite = false;
	assert_answer(&r, "network.p99<1s", CONDITION_UNKNOWN);
	assert_answer(&r, "network.p99>1ms", CONDITION_HOLDS);
	/* Nobody can say how much of it was the host's. */
	r.network.at_p99.bounded = false;
	assert_answer(&r, "network.p99>1ms", CONDITION_UNKNOWN);
	r.network.at_p50.plus = INFINITY;
	assert_answer(&r, "network.p50<1s", CONDITION_UNKNOWN);
	r.probes.sent = 0;
	assert_answer(&r, "loss>1%", CONDITION_UNKNOWN);
}

static void test_inflation(void **state)
{
	struct result r = measured();

	(void)state;
	r.has_distance = true;
	r.distance.inflation = (struct range){ 1.5, 1.6, 1.7 };
	assert_answer(&r, "inflation>1.49", CONDITION_HOLDS);
	assert_answer(&r, "inflation>1.51", CONDITION_FAILS);
	assert_answer(&r, "inflation<1.71", CONDITION_HOLDS);
	assert_answer(&r, "inflation<1.69", CONDITION_FAILS);
	r.distance.inflation.lo = NAN;
	assert_answer(&r, "inflation>1", CONDITION_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_near_end),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_inflation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
