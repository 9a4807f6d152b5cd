// SPDX-License-Identifier: GPL-2.0-only
#include "model/joint.h"

#include "unit.h"

#define EVERY ((1u << STAGES) - 1)

static void add(struct joint *j, int64_t network, int64_t wake)
{
	span_t stage[STAGES] = { 0 };

	stage[STAGE_NETWORK] = span_ns(network);
	stage[STAGE_SOCKET_TO_APP] = span_ns(wake);
	joint_add(j, stage, EVERY);
}

static void test_empty(void **state)
{
	struct joint *j = joint_create(100);
	struct joint_means m = { .n = 7 };

	(void)state;
	assert_int_equal(joint_middle(j, &m), 0);
	assert_int_equal(m.n, 0);
	assert_int_equal(joint_tail(j, &m), 0);
	assert_int_equal(m.n, 0);
	/* Fewer than a hundred have no slowest hundredth. */
	for (int i = 0; i < 99; i++)
		add(j, 1000, 10);
	assert_int_equal(joint_tail(j, &m), 0);
	assert_int_equal(m.n, 0);
	joint_destroy(j);
	joint_destroy(NULL);
}

/* 1000 probes of 1 to 1000 ns in some order: the middle fifth has 401 to 600,
 * the slowest hundredth 991 to 1000 beyond a median of 500. */
static void test_ranks(void **state)
{
	struct joint *j = joint_create(JOINT_BOUND);
	struct joint_means m;

	(void)state;
	for (int i = 0; i < 1000; i++)
		add(j, (i * 387) % 1000 + 1, 5);
	assert_int_equal(joint_middle(j, &m), 0);
	assert_int_equal(m.n, 200);
	assert_true(m.stage[STAGE_NETWORK] == 500.5);
	assert_true(m.stage[STAGE_SOCKET_TO_APP] == 5);
	assert_true(m.total == 505.5);
	assert_int_equal(joint_tail(j, &m), 0);
	assert_int_equal(m.n, 10);
	assert_true(m.stage[STAGE_NETWORK] == 495.5);
	assert_true(m.stage[STAGE_SOCKET_TO_APP] == 0);
	assert_true(m.total == 495.5);
	joint_destroy(j);
}

/* A stage that the run has not counts as nothing, whatever stands there. */
static void test_have(void **state)
{
	struct joint *j = joint_create(JOINT_BOUND);
	span_t stage[STAGES];
	struct joint_means m;

	(void)state;
	for (int i = 0; i < STAGES; i++)
		stage[i] = span_ns(1000000 + i);
	for (int i = 0; i < 10; i++)
		joint_add(j, stage, 1u << STAGE_NETWORK | 1u << STAGE_REMOTE);
	assert_int_equal(joint_middle(j, &m), 0);
	assert_true(m.total == 2000000 + STAGE_NETWORK + STAGE_REMOTE);
	joint_destroy(j);
}

/* Beyond the bound every 2nd, 4th, ... is kept: the same shares. */
static void test_thinned(void **state)
{
	struct prng prng = unit_prng("joint_thinned");
	struct joint *j = joint_create(1000);
	struct joint_means m;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		bool slow = prng_unit(&prng) < 0.02;

		add(j, 1000000, slow ? 500000 : 100);
	}
	assert_int_equal(joint_middle(j, &m), 0);
	assert_between(m.n, 100, 200);
	assert_true(m.total == 1000100);
	assert_int_equal(joint_tail(j, &m), 0);
	assert_between(m.n, 5, 10);
	assert_true(m.stage[STAGE_SOCKET_TO_APP] > 0.5 * m.total);
	joint_destroy(j);
}

/* Of all of a long run, not of its end. */
static void test_spread(void **state)
{
	struct joint *j = joint_create(1000);
	struct joint_means m;

	(void)state;
	for (int i = 0; i < 100000; i++)
		add(j, i, 0);
	assert_int_equal(joint_middle(j, &m), 0);
	assert_between(m.total, 49000, 51000);
	assert_int_equal(joint_tail(j, &m), 0);
	assert_between(m.total, 48000, 50000);
	joint_destroy(j);
}

/* None of the first `bound` is lost. */
static void test_whole(void **state)
{
	struct joint *j = joint_create(300);
	struct joint_means m;

	(void)state;
	for (int i = 0; i < 300; i++)
		add(j, i < 297 ? 1000 : 2000, 0);
	assert_int_equal(joint_tail(j, &m), 0);
	assert_int_equal(m.n, 3);
	assert_true(m.total == 1000);
	joint_destroy(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),  cmocka_unit_test(test_ranks),
		cmocka_unit_test(test_have),   cmocka_unit_test(test_thinned),
		cmocka_unit_test(test_spread), cmocka_unit_test(test_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
