// SPDX-License-Identifier: GPL-2.0-only
/* Runs of which it is known what their time is made of. */
#include "model/verdict.h"

#include <string.h>

#include "unit.h"

#define PROBES 10000

/* A run's stages, in ns, and what is done to some of its probes. */
struct world {
	double network; /* at least */
	double queue;	/* mean of what comes on top, exponential */
	double host;	/* socket to app */
	double remote;
	double stall; /* in so much of the probes ... */
	enum stage stalled;
	double stall_ns; /* ... so long, in this stage */
	bool bypass;	 /* no stage of this host */
	const char *from, *to;
};

static const struct world usual = {
	.network = 55e6,
	.queue = 10e3,
	.host = 20e3,
	.remote = 400,
	.from = "use1-az1",
	.to = "usw2-az2",
};

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void draw(const struct world *w, struct prng *prng, span_t stage[STAGES])
{
	double queue = -w->queue * log(prng_unit(prng));

	memset(stage, 0, STAGES * sizeof(*stage));
	stage[STAGE_NETWORK] = span_ns((int64_t)(w->network + queue));
	stage[STAGE_SOCKET_TO_APP] = span_ns((int64_t)w->host);
	stage[STAGE_REMOTE] = span_ns((int64_t)w->remote);
	if (prng_unit(prng) < w->stall)
		stage[w->stalled].ns += (int64_t)w->stall_ns;
}

static void fill_network(struct result *r, double *network)
{
	struct duration *d = &r->network;

	qsort(network, PROBES, sizeof(*network), ascending);
	d->n = PROBES;
	d->min = (int64_t)network[0];
	d->quantile[LEVEL_P50] = network[PROBES / 2];
	/* Ranks 5000 +- 98 hold the median's 95 %. */
	d->ci95[LEVEL_P50].lo =
		(struct bound){ true, network[PROBES / 2 - 98] };
	d->ci95[LEVEL_P50].hi =
		(struct bound){ true, network[PROBES / 2 + 98] };
	d->at_p50 = (struct instrument){
		.known = true, .bounded = true, .minus = 12000, .plus = 2750
	};
}

/* To be released with verdict_release(). */
static void run(const struct world *w, struct result *r)
{
	struct prng prng = unit_prng("verdict");
	struct joint *j = joint_create(JOINT_BOUND);
	double *network = calloc(PROBES, sizeof(*network));
	char why[SITE_WHY];
	struct site a, b;

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < PROBES; i++) {
		unsigned int have = (1u << STAGES) - 1;
		span_t stage[STAGES];

		draw(w, &prng, stage);
		network[i] = (double)stage[STAGE_NETWORK].ns;
		if (w->bypass)
			have = 1u << STAGE_NETWORK | 1u << STAGE_REMOTE;
		joint_add(j, stage, have);
	}
	fill_network(r, network);
	r->remote.n = w->remote > 0 ? PROBES : 0;
	r->has_distance = w->from;
	if (w->from) {
		assert_int_equal(site_parse(w->from, &a, why), 0);
		assert_int_equal(site_parse(w->to, &b, why), 0);
		distance_fill(&r->distance, &a, &b);
	}
	distance_judge(r);
	verdict_judge(r, j);
	free(network);
	joint_destroy(j);
}

static void assert_says(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("\"%s\" has no \"%s\"", text, part);
}

/* Level's code and what its sentence must hold; all parts add up to 1. */
static void assert_level(const struct world *w, const char *code,
			 const char *part)
{
	struct result r;
	double sum = 0;

	run(w, &r);
	assert_string_equal(r.level.code, code);
	assert_says(r.level.text, part);
	for (int i = 0; i < PARTS; i++) {
		const struct range *share = &r.parts.share[i];

		if (!isfinite(share->value))
			continue;
		sum += share->value;
		assert_true(!(share->lo > share->value));
		assert_true(!(share->hi < share->value));
	}
	assert_between(sum, 0.999999, 1.000001);
	verdict_release(&r);
}

static void test_level(void **state)
{
	struct world w = usual;

	(void)state;
	/* 34.4 of 55 ms; 3441 to 3581 km are 61 to 64 %. */
	assert_level(&w, "distance",
		     "62 % (61 to 64) is the straight-fibre "
		     "floor, which holds no slack, 37 %");
	w.network = 90e6;
	assert_level(&w, "detour", "62 % detour");
	/* 50.1 % is not surely over half, 50 km being what they are. */
	w.network = 68.6e6;
	assert_level(&w, "mixed", "no part is surely over half");
	w.network = 35.5e6;
	w.queue = 100e6;
	assert_level(&w, "queueing", "queueing");
	w = usual;
	w.host = 80e6;
	assert_level(&w, "local_host", "local host: ");
	w = usual;
	w.remote = 80e6;
	assert_level(&w, "remote_host", "remote host: ");
}

/* Without places nobody can tell distance from detour. */
static void test_no_places(void **state)
{
	struct world w = usual;
	struct result r;

	(void)state;
	w.from = NULL;
	assert_level(&w, "network", "--from and --to tell them apart");
	run(&w, &r);
	assert_true(isnan(r.parts.share[PART_DISTANCE].value));
	assert_true(isnan(r.parts.share[PART_DETOUR].value));
	verdict_release(&r);
	w.remote = 0;
	assert_level(&w, "network", "the far host's share is in");
}

static void test_bypass(void **state)
{
	struct world w = usual;
	struct result r;

	(void)state;
	w.bypass = true;
	run(&w, &r);
	assert_string_equal(r.level.code, "distance");
	assert_true(r.parts.share[PART_LOCAL_HOST].value == 0);
	verdict_release(&r);
}

static void test_below(void **state)
{
	struct world w = usual;
	struct result r;

	(void)state;
	w.network = 20e6;
	run(&w, &r);
	assert_string_equal(r.level.code, "unknown");
	assert_says(r.level.text, "less than light takes");
	verdict_release(&r);
}

static void test_segments(void **state)
{
	struct segment segment[2] = { 0 };
	struct joint *j = joint_create(JOINT_BOUND);
	span_t stage[STAGES] = { 0 };
	struct result r;

	(void)state;
	run(&usual, &r);
	verdict_release(&r);
	r.segments = 2;
	r.segment = segment;
	stage[STAGE_NETWORK] = span_ns(55000000);
	for (int i = 0; i < 100; i++)
		joint_add(j, stage, 1u << STAGE_NETWORK);
	verdict_judge(&r, j);
	assert_says(r.level.text, "2 levels: one verdict does not speak");
	verdict_release(&r);
	joint_destroy(j);
}

static void assert_tail(const struct world *w, const char *code,
			enum stage stage, const char *part)
{
	struct result r;

	run(w, &r);
	assert_string_equal(r.tail.code, code);
	assert_int_equal(r.slowest.n, PROBES / 100);
	assert_int_equal(r.slowest.stage, stage);
	assert_between(r.slowest.share, 0, 1);
	assert_says(r.tail.text, part);
	verdict_release(&r);
}

/* Stalls of 1.5 ms in 1.5 % of the probes, at 55 ms. */
static void test_tail(void **state)
{
	struct world w = usual;

	(void)state;
	w.stall = 0.015;
	w.stall_ns = 1.5e6;
	w.stalled = STAGE_SOCKET_TO_APP;
	assert_level(&w, "distance", "distance: ");
	assert_tail(&w, "local_host", STAGE_SOCKET_TO_APP,
		    "they lost waking up");
	w.stalled = STAGE_TC_TO_DRIVER;
	assert_tail(&w, "local_host", STAGE_TC_TO_DRIVER, "in the qdisc");
	w.stalled = STAGE_REMOTE;
	assert_tail(&w, "remote_host", STAGE_REMOTE, "in the far host");
	w.stalled = STAGE_NETWORK;
	assert_tail(&w, "network", STAGE_NETWORK, "in the network");
	w.stall = 0;
	assert_tail(&w, "network", STAGE_NETWORK, "network: ");
}

/* So much more of each in the slow ones of 10000 probes. */
static void assert_split(const double slow[STAGES], const char *code,
			 const char *part)
{
	struct joint *j = joint_create(JOINT_BOUND);
	struct result r;

	memset(&r, 0, sizeof(r));
	for (int i = 0; i < PROBES; i++) {
		span_t stage[STAGES];

		for (int k = 0; k < STAGES; k++)
			stage[k] = span_ns(1000000 +
					   (i % 50 ? 0 : (int64_t)slow[k]));
		joint_add(j, stage, (1u << STAGES) - 1);
	}
	verdict_judge(&r, j);
	assert_string_equal(r.tail.code, code);
	assert_says(r.tail.text, part);
	verdict_release(&r);
	joint_destroy(j);
}

static void test_split(void **state)
{
	(void)state;
	assert_split(
		(double[STAGES]){
			[STAGE_NETWORK] = 510, [STAGE_SOCKET_TO_APP] = 490 },
		"network", "network: 51 % of");
	assert_split(
		(double[STAGES]){
			[STAGE_NETWORK] = 490, [STAGE_SOCKET_TO_APP] = 510 },
		"local_host", "local host: 51 % of");
	/* No stage has half, one side has. */
	assert_split((double[STAGES]){ [STAGE_NETWORK] = 400,
				       [STAGE_APP_TO_TC] = 250,
				       [STAGE_SOCKET_TO_APP] = 350 },
		     "local_host",
		     "local host: 60 % of what the slowest 1 % lost, they lost "
		     "there, most of it waking up");
	assert_split((double[STAGES]){ [STAGE_NETWORK] = 400,
				       [STAGE_REMOTE] = 250,
				       [STAGE_SOCKET_TO_APP] = 350 },
		     "mixed",
		     "no side holds over half; 40 % of what the slowest 1 % "
		     "lost, they lost in the network");
	/* Half is not over half. */
	assert_split(
		(double[STAGES]){
			[STAGE_NETWORK] = 500, [STAGE_SOCKET_TO_APP] = 500 },
		"mixed", "50 %");
}

/* What is too little to say is unknown, and says nothing. */
static void test_too_few(void **state)
{
	struct joint *j = joint_create(JOINT_BOUND);
	span_t stage[STAGES] = { 0 };
	struct result r;

	(void)state;
	memset(&r, 0, sizeof(r));
	verdict_judge(&r, j);
	assert_string_equal(r.level.code, "unknown");
	assert_string_equal(r.tail.code, "unknown");
	assert_null(r.level.text);
	for (int i = 0; i < 2999; i++) {
		stage[STAGE_NETWORK] = span_ns(1000000 + i);
		joint_add(j, stage, 1u << STAGE_NETWORK);
	}
	verdict_judge(&r, j);
	assert_string_equal(r.tail.code, "unknown");
	verdict_release(&r);
	joint_add(j, stage, 1u << STAGE_NETWORK);
	verdict_judge(&r, j);
	assert_string_equal(r.tail.code, "network");
	verdict_release(&r);
	joint_destroy(j);
}

/* A bar without a bound leaves no surely. */
static void test_unbounded(void **state)
{
	struct world w = usual;
	struct joint *j = joint_create(JOINT_BOUND);
	span_t stage[STAGES] = { 0 };
	struct result r;

	(void)state;
	w.network = 90e6;
	run(&w, &r);
	verdict_release(&r);
	stage[STAGE_NETWORK] = span_ns(90000000);
	for (int i = 0; i < 100; i++)
		joint_add(j, stage, 1u << STAGE_NETWORK);
	r.network.at_p50.bounded = false;
	verdict_judge(&r, j);
	assert_string_equal(r.level.code, "mixed");
	assert_true(isnan(r.parts.share[PART_DETOUR].lo));
	verdict_release(&r);
	joint_destroy(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_no_places),
		cmocka_unit_test(test_bypass),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_too_few),
		cmocka_unit_test(test_unbounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
