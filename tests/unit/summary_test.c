// SPDX-License-Identifier: GPL-2.0-only
/*
 * A summary read back makes the same summary and the same report again, to the
 * octet, whatever it holds.
 */
#include "unit.h"

#include "model/preflight.h"
#include "model/verdict.h"
#include "out_fixture.h"
#include "summary_again.h"

static struct prng prng;

static unsigned int random_below(unsigned int n)
{
	return prng_unit(&prng) * n;
}

static double random_uniform(void)
{
	return prng_unit(&prng);
}

static void made_up_runs_come_back(void **state)
{
	struct both_fixture both;
	struct result r;

	(void)state;
	fixture_complete(&r);
	assert_comes_back(&r);
	fixture_icmp(&r);
	assert_comes_back(&r);
	fixture_single(&r);
	assert_comes_back(&r);
	fixture_empty(&r);
	assert_comes_back(&r);
	fixture_silent(&r, 1000);
	assert_comes_back(&r);
	fixture_both(&both);
	assert_comes_back(&both.result);
}

/* ---- whatever it holds --------------------------------------------------- */

static struct budget_term terms[] = {
	{ "clock_rate", 12.5, 'B', false, true, "50 ppm" },
	{ "tx_gap", 1234.0625, 'A', true, false, "hops" },
	{ "stamp_cost", INFINITY, 'B', true, false, NULL },
};

static struct instrument some_instrument(void)
{
	return (struct instrument){
		.known = true,
		.bounded = random_below(2),
		.minus = random_uniform() * 1e4,
		.plus = random_below(3) ? random_uniform() : INFINITY,
		.terms = 1 + random_below(3),
		.term = terms,
	};
}

static struct bound some_bound(void)
{
	return random_below(4) ? (struct bound){ true, random_uniform() * 1e8 }
			       : (struct bound){ false, NAN };
}

static struct duration some_duration(void)
{
	struct duration d = {
		.n = random_below(5) * random_below(1 << 30),
		.n_eff = random_below(4) ? random_uniform() * 1e6 : NAN,
		.short_memory = random_below(2),
		.min = -(int64_t)random_below(1 << 20),
		.max = (int64_t)random_below(1 << 30) << 20,
		.mean = random_uniform() * 1e8,
		.stddev = random_uniform() * 1e5,
		.bin_ns = 64 << random_below(4),
		.at_p99 = some_instrument(),
	};

	if (!d.n)
		return (struct duration){};
	if (random_below(2))
		d.at_p50 = some_instrument();
	for (int i = 0; i < LEVELS; i++) {
		d.quantile[i] = random_uniform() * 1e8;
		d.ci95[i] = (struct ci){ some_bound(), some_bound() };
	}
	return d;
}

static struct probes some_probes(void)
{
	struct probes p = { .planned = (uint64_t)random_below(1 << 30) << 30,
			    .duplicate = random_below(9),
			    .reordered = random_below(9),
			    .has_duplicate_direction = random_below(2),
			    .has_direction = random_below(2) };

	p.sent = p.planned - p.planned / 8;
	p.unsent = p.planned / 8;
	p.lost = p.sent / 3;
	p.received = p.sent - p.lost;
	if (p.has_duplicate_direction)
		p.duplicate_forward = random_below(9);
	if (p.has_direction)
		p.reordered_return = random_below(9);
	return p;
}

static struct range some_range(void)
{
	double x = random_uniform();

	return random_below(3) ? (struct range){ x / 2, x, x * 2 }
			       : (struct range){ NAN, NAN, NAN };
}

static struct preflight around = {
	.count = 2,
	.finding = { { "mtu", PREFLIGHT_BLOCKS, PREFLIGHT_XDP, "too long",
		       "ip link set near0 mtu 3498" },
		     { "plan", PREFLIGHT_NOTE, 0, "attaches at tcx", "" } },
};

static void fill_hosts(struct result *r)
{
	r->local.preflight = &around;
	r->hooks.tx_why = "the driver makes no stamps";
	fallback_set(&r->hooks.fallbacks.at[FALLBACK_CLOCK], "TAI",
		     "MONOTONIC + offset", "Linux 6.1 has none");
	r->counts = (struct counts){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
	r->target.protocol = PROTOCOL_TCP;
	r->target.source_ports = 7;
	r->target.syn_acks = 3;
	r->run.trouble = "the bypass engine's program was ended by the kernel";
	r->clock.steering = (struct clock_steering){
		.known = true,
		.readings = 77,
		.median_ppm = random_uniform(),
		.departure_ppm = 3.5,
		.floor_ppm = INFINITY,
		.departures = 20,
		.events = 2,
		.event = { { 1, 2, 3.25 }, { 4, INT64_C(1) << 60, -0.5 } },
	};
	r->clock.reading =
		(struct clock_reading){ true, 25, 60, 1, 2, 2, random_below(2),
					0 };
	r->clock.nic =
		(struct clock_nic){ true, 3, 9, 1, NAN, 5, 2.5, INFINITY };
	snprintf(r->clock.reference, sizeof(r->clock.reference), "PHC0");
}

static void fill_judgement(struct result *r)
{
	char why[SITE_WHY];
	struct site from, to;

	assert_int_equal(site_parse("us-east-1", &from, why), 0);
	assert_int_equal(site_parse("45.5,-122.25±7", &to, why), 0);
	r->has_distance = true;
	distance_fill(&r->distance, &from, &to);
	r->level = (struct verdict){ "mixed", "half and half" };
	r->parts.known = true;
	for (int i = 0; i < PARTS; i++)
		r->parts.share[i] = some_range();
	r->parts.share[0] = (struct range){ NAN, 0.5, 0.75 };
	r->tail = (struct verdict){ "local_host", "they woke up late" };
	r->slowest = (struct slowest){ 30, STAGE_SOCKET_TO_APP, 0.75 };
	distance_judge(r);
}

static void anything_comes_back(void **state)
{
	static struct segment segment[2];
	struct result r;

	(void)state;
	prng = unit_prng("anything_comes_back");
	for (int i = 0; i < 300; i++) {
		fixture_complete(&r);
		r.probes = some_probes();
		r.network = some_duration();
		r.rtt = some_duration();
		r.host_in = some_duration();
		r.pacing.lateness = some_duration();
		r.pacing.poisson = random_below(2);
		for (int j = 0; j < STAGES; j++)
			r.stage[j] = some_duration();
		for (size_t j = 0; j < ARRAY_SIZE(segment); j++)
			segment[j] = (struct segment){
				j, j + 1, some_duration(), {}
			};
		r.segments = random_below(3);
		r.segment = segment;
		fill_hosts(&r);
		fill_judgement(&r);
		assert_comes_back(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_runs_come_back),
		cmocka_unit_test(anything_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
