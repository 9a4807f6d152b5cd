/* SPDX-License-Identifier: GPL-2.0-only */
/* Which terms each duration of a result has, and how large they are. */
#include <errno.h>
#include <string.h>

#include "model/budget.h"
#include "unit.h"

/* Fresh for each test. */
static struct budget_facts facts;
static struct segment segment;
static struct result r;

static const struct budget_term *find(const struct instrument *in,
				      const char *name)
{
	for (size_t i = 0; i < in->terms; i++)
		if (!strcmp(in->term[i].name, name))
			return &in->term[i];
	return NULL;
}

static struct duration one(double p50, double p99)
{
	return (struct duration){
		.n = 1000,
		.quantile = { [LEVEL_P50] = p50, [LEVEL_P99] = p99 },
	};
}

static void make_facts(void)
{
	facts = (struct budget_facts){
		.clock_rate = budget_fact('B', 50, "rate"),
		.clock_slew = budget_fact('A', 0.001, "slew"),
		.clock_read = budget_fact('A', 20, "read"),
		.cpu_offset = budget_fact('A', 7, "cpus"),
		.realtime_map = budget_fact('A', 1, "map"),
		.hw_map = budget_fact('A', 90, "hw"),
		.tx_gap = { 'B', false, { 600, 800 }, "tx" },
		.rx_gap = { 'B', true, { 700, 900 }, "rx" },
		.remote_tx_gap = budget_fact(0, 0, NULL),
		.remote_rx_gap = budget_fact('B', INFINITY, "far"),
		.stolen = budget_fact(BUDGET_NONE, 0, NULL),
		.remote_rate = budget_fact('B', 50, "far rate"),
		.remote_read = budget_fact('B', 1, "far read"),
		.stamp_cost = budget_fact('A', 0, "test-run"),
		.program = { [BUDGET_TC_EGRESS] = 100,
			     [BUDGET_TX_STAMP] = 300,
			     [BUDGET_XDP] = 80,
			     [BUDGET_TC_INGRESS] = 60,
			     [BUDGET_SOCKET] = 50 },
	};
}

static void make_result(void)
{
	memset(&r, 0, sizeof(r));
	r.engine = ENGINE_SOCKET;
	r.hooks.tx = STAMP_DRV_TX;
	r.hooks.rx = STAMP_XDP_RX;
	r.target.protocol = PROTOCOL_STAMP;
	r.network = r.stage[STAGE_NETWORK] = one(54e6, 60e6);
	r.remote = r.stage[STAGE_REMOTE] = one(1e6, 2e6);
	r.rtt = one(56e6, 64e6);
	for (int i = 0; i < STAGES; i++)
		if (i != STAGE_NETWORK && i != STAGE_REMOTE)
			r.stage[i] = one(2000, 9000);
	r.stage[STAGE_NIC_TO_XDP].n = 0;
	r.host_out = one(9000, 20000);
	r.host_in = one(15000, 40000);
	r.pacing.lateness = one(150, 900);
	segment = (struct segment){ .to_ns = 5, .network = one(30e6, 31e6) };
	r.segments = 1;
	r.segment = &segment;
}

static int set_up(void **state)
{
	(void)state;
	make_facts();
	make_result();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	budget_clear(&r);
	return 0;
}

enum {
	PLAIN = 0,
	LENGTHENS = 1,
	COMMON = 2,
};

struct expected {
	const char *name;
	double ns;
	int is;
};

static void expect(const struct instrument *in, const struct expected *e,
		   size_t n)
{
	double squares = 0, sum = 0;

	assert_true(in->known);
	for (size_t i = 0; i < n; i++) {
		const struct budget_term *t = find(in, e[i].name);

		if (!t)
			fail_msg("%s is missing", e[i].name);
		if (isfinite(e[i].ns))
			assert_between(t->ns, e[i].ns - 1e-6, e[i].ns + 1e-6);
		else
			assert_false(isfinite(t->ns));
		assert_int_equal(t->lengthens, !!(e[i].is & LENGTHENS));
		assert_int_equal(t->common, !!(e[i].is & COMMON));
		if (isfinite(t->ns) && t->lengthens)
			sum += t->ns;
		else if (isfinite(t->ns))
			squares += t->ns * t->ns;
	}
	assert_int_equal(in->terms, n);
	assert_between(in->minus, sqrt(squares) + sum - 1e-6,
		       sqrt(squares) + sum + 1e-6);
}

#define EXPECT(in, ...) \
	expect(in, (const struct expected[]){ __VA_ARGS__ }, \
	       ARRAY_SIZE(((const struct expected[]){ __VA_ARGS__ })))

static void network_has_all_of_its_terms(void **state)
{
	(void)state;
	assert_int_equal(budget_fill(&r, &facts), 0);
	EXPECT(&r.network.at_p50, { "clock_rate", 2750, COMMON },
	       { "clock_slew", 0.055, PLAIN },
	       { "clock_read", 20 * M_SQRT2, PLAIN },
	       { "cpu_offset", 7, PLAIN }, { "realtime_map", 1, PLAIN },
	       { "remote_rate", 50, COMMON },
	       { "remote_read", M_SQRT2, COMMON },
	       { "stamp_cost", 380, LENGTHENS }, { "tx_gap", 600, LENGTHENS },
	       { "rx_gap", 700, LENGTHENS | COMMON },
	       { "remote_tx_gap", INFINITY, LENGTHENS },
	       { "remote_rx_gap", INFINITY, LENGTHENS });
	assert_false(r.network.at_p50.bounded);
	assert_true(isfinite(r.network.at_p50.plus));
	assert_string_equal(find(&r.network.at_p50, "remote_tx_gap")->how,
			    "nobody has measured it in this run");
	assert_between(find(&r.network.at_p99, "clock_rate")->ns, 3100, 3100);
	assert_between(find(&r.network.at_p99, "rx_gap")->ns, 900, 900);
	assert_between(find(&segment.network.at_p50, "clock_rate")->ns, 1550,
		       1550);
	assert_int_equal(r.stage[STAGE_NETWORK].at_p99.terms, 12);
	assert_ptr_not_equal(r.stage[STAGE_NETWORK].at_p99.term,
			     r.network.at_p99.term);
	budget_clear(&r);
	assert_false(r.network.at_p50.known || segment.network.at_p99.known);
}

static void the_others_have_theirs(void **state)
{
	(void)state;
	assert_int_equal(budget_fill(&r, &facts), 0);
	EXPECT(&r.rtt.at_p50, { "clock_rate", 2800, COMMON },
	       { "clock_slew", 0.056, PLAIN },
	       { "clock_read", 20 * M_SQRT2, PLAIN },
	       { "cpu_offset", 7, PLAIN }, { "stamp_cost", 590, LENGTHENS });
	EXPECT(&r.remote.at_p99, { "remote_rate", 100, COMMON },
	       { "remote_read", M_SQRT2, COMMON });
	EXPECT(&r.pacing.lateness.at_p50, { "clock_rate", 0.0075, COMMON },
	       { "clock_slew", 1.5e-7, PLAIN }, { "clock_read", 20, PLAIN });
	EXPECT(&r.stage[STAGE_TC_TO_DRIVER].at_p50,
	       { "clock_rate", 0.1, COMMON }, { "clock_slew", 2e-6, PLAIN },
	       { "clock_read", 20 * M_SQRT2, PLAIN },
	       { "cpu_offset", 7, PLAIN }, { "realtime_map", 1, PLAIN },
	       { "stamp_cost", 100, LENGTHENS });
	EXPECT(&r.host_out.at_p50, { "clock_rate", 0.45, COMMON },
	       { "clock_slew", 9e-6, PLAIN },
	       { "clock_read", 20 * M_SQRT2, PLAIN },
	       { "cpu_offset", 7, PLAIN }, { "realtime_map", 1, PLAIN },
	       { "stamp_cost", 100, LENGTHENS });
	assert_between(find(&r.host_in.at_p50, "stamp_cost")->ns, 190, 190);
	assert_false(r.stage[STAGE_NIC_TO_XDP].at_p50.known);
	for (int i = 0; i < STAGES; i++)
		if (r.stage[i].n && i != STAGE_NETWORK)
			assert_true(r.stage[i].at_p50.known &&
				    r.stage[i].at_p99.bounded);
}

/* Which programs a stage is charged with, by what each costs. */
static void each_stage_bears_the_programs_it_touches(void **state)
{
	static const double cost[STAGES] = {
		[STAGE_APP_TO_TC] = 100,    [STAGE_TC_TO_DRIVER] = 100,
		[STAGE_NETWORK] = 380,	    [STAGE_NIC_TO_XDP] = 80,
		[STAGE_XDP_TO_TC] = 140,    [STAGE_TC_TO_SOCKET] = 110,
		[STAGE_SOCKET_TO_APP] = 50,
	};

	(void)state;
	r.stage[STAGE_NIC_TO_XDP].n = 1;
	assert_int_equal(budget_fill(&r, &facts), 0);
	for (int i = 0; i < STAGES; i++) {
		const struct budget_term *t =
			find(&r.stage[i].at_p50, "stamp_cost");

		assert_between(t ? t->ns : 0, cost[i], cost[i]);
	}
	assert_non_null(find(&r.stage[STAGE_NIC_TO_XDP].at_p50, "hw_map"));
	assert_false(find(&r.stage[STAGE_NIC_TO_XDP].at_p50, "hw_map")->common);
	assert_non_null(find(&r.stage[STAGE_NIC_TO_XDP].at_p50, "cpu_offset"));
	facts.program[BUDGET_XDP] = NAN;
	assert_int_equal(budget_fill(&r, &facts), 0);
	assert_false(r.stage[STAGE_XDP_TO_TC].at_p50.bounded);
	assert_true(r.stage[STAGE_APP_TO_TC].at_p50.bounded);
}

static void hooks_engine_and_protocol_decide(void **state)
{
	(void)state;
	r.engine = ENGINE_BYPASS;
	r.hooks.rx = STAMP_HW_RX;
	r.network.bin_ns = 64;
	facts.program[BUDGET_TX_STAMP] = 0;
	assert_int_equal(budget_fill(&r, &facts), 0);
	assert_null(find(&r.network.at_p50, "realtime_map"));
	assert_null(find(&r.network.at_p50, "stamp_cost"));
	assert_between(find(&r.network.at_p50, "cpu_offset")->ns, 7, 7);
	assert_between(find(&r.network.at_p50, "hw_map")->ns, 90, 90);
	assert_between(find(&r.network.at_p50, "bins")->ns, 32, 32);
	assert_between(find(&r.network.at_p50, "clock_read")->ns, 20, 20);
	r.target.protocol = PROTOCOL_ICMP;
	r.remote.n = r.stage[STAGE_REMOTE].n = 0;
	assert_int_equal(budget_fill(&r, &facts), 0);
	assert_null(find(&r.network.at_p50, "remote_tx_gap"));
	assert_null(find(&r.network.at_p50, "remote_rate"));
	assert_non_null(find(&r.network.at_p50, "remote_inside"));
	assert_false(r.network.at_p50.bounded);
	assert_false(r.remote.at_p50.known);
	assert_between(find(&r.network.at_p50, "clock_rate")->ns, 2700, 2700);
}

static void nothing_known_bounds_nothing(void **state)
{
	(void)state;
	memset(&facts, 0, sizeof(facts));
	assert_int_equal(budget_fill(&r, &facts), 0);
	assert_true(r.network.at_p50.known && !r.network.at_p50.bounded);
	assert_false(isfinite(r.network.at_p50.plus));
	assert_false(isfinite(r.remote.at_p99.plus));
	budget_clear(&r);
	facts.clock_rate = budget_fact('B', -1, "wrong");
	assert_int_equal(budget_fill(&r, &facts), -EINVAL);
	assert_false(r.network.at_p50.known || r.rtt.at_p50.known);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(network_has_all_of_its_terms),
		FRESH(the_others_have_theirs),
		FRESH(each_stage_bears_the_programs_it_touches),
		FRESH(hooks_engine_and_protocol_decide),
		FRESH(nothing_known_bounds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
