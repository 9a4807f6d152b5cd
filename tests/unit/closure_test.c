// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "model/closure.h"

#define RTT 55000000

/* A gap that only it has, a clock that both have, 100 ns of sampling. */
static void make(struct result *r, enum engine engine, double excess,
		 double gap, struct budget_term term[2])
{
	term[0] = (struct budget_term){ "clock_rate", 2750, 'B',
					false,	      true, "free" };
	term[1] =
		(struct budget_term){ "tx_gap", gap, 'A', true, false, "hop" };
	*r = (struct result){
		.engine = engine,
		.hooks.tx = STAMP_DRV_TX,
		.network = {
			.n = 1000,
			.quantile = { RTT + excess },
			.ci95[LEVEL_P50] = { { true, RTT + excess - 100 },
					     { true, RTT + excess + 100 } },
			.at_p50 = { .known = true, .bounded = true,
				    .minus = 2750 + gap, .plus = 2750,
				    .terms = 2, .term = term },
		},
	};
}

struct pair {
	struct budget_term term[ENGINES][2];
	struct result engine[ENGINES];
	struct result both;
};

/* Bypass has a gap of 1 us, socket one of 3 us. */
static struct result *judged(struct pair *p, double bypass, double socket)
{
	make(&p->engine[ENGINE_BYPASS], ENGINE_BYPASS, bypass, 1000,
	     p->term[ENGINE_BYPASS]);
	make(&p->engine[ENGINE_SOCKET], ENGINE_SOCKET, socket, 3000,
	     p->term[ENGINE_SOCKET]);
	p->both = (struct result){ .engines = p->engine };
	closure_judge(&p->both);
	return &p->both;
}

static void each_gap_excuses_its_own_side(void **state)
{
	static const struct {
		double bypass, socket;
		const char *code;
	} row[] = {
		{ 0, 0, "agree" },
		{ 990, 0, "agree" },
		{ 1100, 0, "chance" },
		{ 1200, 0, "bypass_longer" },
		{ 0, 2990, "agree" },
		{ 0, 3100, "chance" },
		{ 0, 3200, "socket_longer" },
	};
	struct pair p;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct result *r = judged(&p, row[i].bypass, row[i].socket);

		assert_string_equal(r->closure_verdict.code, row[i].code);
		assert_non_null(r->closure_verdict.text);
		assert_true(r->closure.value == row[i].bypass - row[i].socket);
	}
}

static void what_both_share_excuses_nothing(void **state)
{
	struct pair p;
	struct result *r = judged(&p, 2700, 0);

	(void)state;
	assert_int_equal(r->closure.left_out, 1);
	assert_string_equal(r->closure.common[0], "clock_rate");
	assert_string_equal(r->closure_verdict.code, "bypass_longer");
}

static void the_stage_is_named(void **state)
{
	struct pair p;
	struct result *r = judged(&p, 0, 9000);

	(void)state;
	assert_non_null(strstr(r->closure_verdict.text, "driver's stamp"));
	p.engine[ENGINE_SOCKET].hooks.tx = STAMP_TC_TX;
	closure_judge(r);
	assert_string_equal(r->closure_verdict.code, "socket_longer");
	assert_non_null(strstr(r->closure_verdict.text, "tc egress"));
	r = judged(&p, 9000, 0);
	assert_non_null(strstr(r->closure_verdict.text, "tx_gap"));
}

static void without_a_bound_nothing_is_said(void **state)
{
	struct pair p;
	struct result *r = judged(&p, 9000, 0);

	(void)state;
	p.term[ENGINE_BYPASS][1].ns = INFINITY;
	closure_judge(r);
	assert_string_equal(r->closure_verdict.code, "unbounded");
	/* The other end still has its bound. */
	r = judged(&p, 0, 9000);
	p.term[ENGINE_BYPASS][1].ns = INFINITY;
	closure_judge(r);
	assert_string_equal(r->closure_verdict.code, "socket_longer");

	r = judged(&p, 9000, 0);
	p.engine[ENGINE_SOCKET].network.n = 0;
	closure_judge(r);
	assert_string_equal(r->closure_verdict.code, "unknown");
	assert_null(r->closure_verdict.text);
	assert_false(r->closure.known);
}

static void no_sampling_interval_is_a_wide_one(void **state)
{
	struct pair p;
	struct result *r = judged(&p, 9000, 0);

	(void)state;
	p.engine[ENGINE_BYPASS].network.ci95[LEVEL_P50].lo.finite = false;
	closure_judge(r);
	assert_string_equal(r->closure_verdict.code, "chance");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gap_excuses_its_own_side),
		cmocka_unit_test(what_both_share_excuses_nothing),
		cmocka_unit_test(the_stage_is_named),
		cmocka_unit_test(without_a_bound_nothing_is_said),
		cmocka_unit_test(no_sampling_interval_is_a_wide_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
