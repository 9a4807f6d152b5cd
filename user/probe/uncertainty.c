// SPDX-License-Identifier: GPL-2.0-only
#include "probe/uncertainty.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "host/clock.h"
#include "host/cpu_offset.h"
#include "probe/cost.h"
#include "probe/gap.h"
#include "probe/run.h"

#define HOP_BUDGET_NS (900 * NSEC_PER_MSEC)
#define POLL_STEP_NS (50 * NSEC_PER_USEC)
#define SURVEY_NS (30 * NSEC_PER_MSEC)
#define SURVEYS 8
#define HOP_SCATTER_NS 10000.0	      /* where no hop was measured */
#define AWAY_NS (100 * NSEC_PER_USEC) /* a CPU was, in every exchange */

/* ---- measuring --------------------------------------------------------- */

static void measure_cost(struct run *r, enum engine engine)
{
	struct session session;
	struct cost_subject subject = {
		.session = &session,
		.engine = engine,
		.link_header = r->wire.link_header,
	};
	double *program = r->uncertainty.engine[engine].program;

	run_describe(r, &r->flow[0], &session);
	if (cost_measure(r->prober, &subject, program)) {
		for (int i = 0; i < BUDGET_PROGRAMS; i++)
			program[i] = NAN;
	}
}

static void measure_hop(struct run *r, enum engine engine)
{
	struct hop_plan plan = {
		.engine = engine,
		.rx_at_tc = r->rules[engine].rx_at_tc,
		.tx_stamps = r->rules[engine].ends.tx == STAMP_DRV_TX,
		.flood = r->plan->flood,
		.batch = r->plan->batch,
		.interval = r->plan->interval,
		.budget = span_ns(HOP_BUDGET_NS),
		.cpu = r->cpu,
		.stop_fd = r->stop,
	};

	r->uncertainty.engine[engine].hop_error =
		hop_measure(&plan, &r->uncertainty.engine[engine].hop);
}

static bool says_more(const struct clock_reading *a,
		      const struct clock_reading *b)
{
	return a->cpus == b->cpus ? a->offset_ns < b->offset_ns
				  : a->cpus > b->cpus;
}

/* Each is a bound, so the least of them is one. */
static void survey_offsets(struct clock_reading *reading)
{
	struct clock_reading next = *reading;

	for (int i = 0; i < SURVEYS; i++) {
		cpu_offset_survey(span_ns(SURVEY_NS), &next);
		if (says_more(&next, reading))
			*reading = next;
		if (reading->has_offset && reading->offset_ns < AWAY_NS)
			return;
	}
}

void uncertainty_start(struct run *r)
{
	struct uncertainty *u = &r->uncertainty;
	struct discipline_options options = {
		.ifname = r->wire.name,
		.clock_ppm = r->plan->clock_ppm,
	};

	discipline_start(&u->discipline, &options);
	clock_reading_measure(&u->reading);
	survey_offsets(&u->reading);
	moderation_read(&r->wire, &u->moderation);
	for (int i = 0; i < ENGINES; i++) {
		run_signals(r);
		if (!run_uses(r, i) || r->interrupted)
			continue;
		measure_cost(r, i);
		measure_hop(r, i);
	}
}

void poll_note(struct poll_rounds *p, mono_t now)
{
	span_t round = mono_sub(now, p->last);
	uint64_t at;

	if (!p->last.ns) {
		prng_init(&p->prng, 1);
		round = span_ns(0);
	}
	p->last = now;
	p->passed = span_add(p->passed, round);
	for (; p->passed.ns >= POLL_STEP_NS; p->passed.ns -= POLL_STEP_NS) {
		at = p->n < POLL_ROUNDS ? p->n : prng_below(&p->prng, p->n + 1);
		if (at < POLL_ROUNDS)
			p->ns[at] = round.ns;
		p->n++;
	}
}

bool uncertainty_poll(struct run *r, mono_t now)
{
	return steering_poll(&r->uncertainty.steering, now);
}

void uncertainty_end(struct run *r)
{
	discipline_end(&r->uncertainty.discipline);
	hwrx_end(r);
}

void uncertainty_release(struct run *r)
{
	for (int i = 0; i < ENGINES; i++)
		hop_release(&r->uncertainty.engine[i].hop);
}

/* ---- from measurements to facts ---------------------------------------- */

static const struct budget_fact no_fact = { .kind = BUDGET_NONE };
static const struct budget_fact unknown = { .at = { NAN, NAN },
					    .how = "nobody knows" };

static void fill_stolen(struct run *r, enum engine engine,
			struct budget_facts *facts)
{
	facts->stolen = no_fact;
	if (engine != ENGINE_BYPASS)
		return;
	facts->stolen = budget_fact('A', NAN, "in a flood nobody looks");
	if (r->plan->flood)
		return;
	facts->stolen = budget_fact(
		'A', 0,
		"the CPU was gone between a stamp and its doorbell: network "
		"with and without that");
	collector_stolen(r->collector[engine], facts->stolen.at);
}

static void fill_clocks(const struct run *r, const struct clock_state *clock,
			enum engine engine, struct budget_facts *facts)
{
	const struct clock_steering *s = &clock->steering;
	const struct clock_reading *reading = &clock->reading;

	facts->clock_rate = budget_fact(clock->is_measured ? 'A' : 'B',
					clock->rate_ppm, clock->how);
	facts->clock_slew = unknown;
	if (s->known)
		facts->clock_slew = budget_fact(
			'A', s->departure_ppm,
			"largest departure of CLOCK_MONOTONIC's rate against "
			"CLOCK_MONOTONIC_RAW's from its median");
	facts->clock_read = budget_fact('A', reading->p50_ns,
					"one reading of the clock after the "
					"other, before the run");
	facts->cpu_offset = unknown;
	if (reading->has_offset)
		facts->cpu_offset = budget_fact(
			'A', reading->offset_ns,
			"CPUs' clocks compared by handing a cache line to and "
			"fro, before the run");
	facts->realtime_map = no_fact;
	if (engine == ENGINE_SOCKET && r->rules[engine].ends.tx == STAMP_DRV_TX)
		facts->realtime_map =
			budget_fact('B', 1,
				    "the kernel keeps REALTIME - MONOTONIC as "
				    "whole ns (timekeeping.c)");
	hwrx_fact(r, &facts->hw_map);
}

static void fill_remote(const struct run *r, enum engine engine,
			struct budget_facts *facts)
{
	facts->remote_rate = facts->remote_read = no_fact;
	if (r->rules[engine].ends.remote_inside)
		return;
	facts->remote_rate = budget_fact(
		'B', CLOCK_FREE_PPM,
		"bound for an oscillator that nobody disciplines or measured");
	facts->remote_read =
		budget_fact('B', facts->clock_read.at[BUDGET_P50],
			    "taken to be as this host's own clock_read");
}

/* A quantile is lengthened by the gaps as its own values have it. */
static int fill_flows(struct run *r, enum engine engine, struct result *out,
		      struct budget_facts *facts)
{
	struct flows *f = out->flows;
	int err = 0;

	for (size_t i = 0; !err && i < f->flows; i++) {
		struct gap_values values = tracks_network(r->tracks, i);

		gap_fill(r, engine, &values, facts);
		free(values.ns);
		err = budget_fill_network(out, facts, &f->flow[i].network);
	}
	return err;
}

int uncertainty_fill(struct run *r, enum engine engine, struct result *out)
{
	struct uncertainty *u = &r->uncertainty;
	struct budget_facts facts = {};
	struct clock_steering steering;
	struct gap_values values;
	int err;

	steering_report(&u->steering, &steering);
	discipline_judge(&u->discipline.evidence, &steering, &out->clock);
	out->clock.reading = u->reading;
	out->clock.realtime_steps = r->realmap.steps;
	hwrx_report(r, &out->clock.nic);
	fill_clocks(r, &out->clock, engine, &facts);
	fill_stolen(r, engine, &facts);
	fill_remote(r, engine, &facts);
	facts.stamp_cost =
		budget_fact('A', 0,
			    "our programs by test-run before the run, less an "
			    "empty one");
	for (int i = 0; i < BUDGET_PROGRAMS; i++)
		facts.program[i] = u->engine[engine].program[i];
	values.ns = collector_network(r->collector[engine], &values.n);
	gap_fill(r, engine, &values, &facts);
	free(values.ns);
	err = budget_fill(out, &facts);
	return err || !out->flows ? err : fill_flows(r, engine, out, &facts);
}

/* ---- what tells paths apart ---------------------------------------------- */

static double hop_scatter(const struct hop_result *hop, unsigned int hops)
{
	if (!hop->n)
		return HOP_SCATTER_NS;
	return sqrt(hops) * (hop->ns[hop->n * 9 / 10] - hop->ns[0]);
}

double uncertainty_apart(const struct run *r, enum engine engine,
			 const struct result *result)
{
	const struct uncertainty *u = &r->uncertainty;
	bool far = !r->rules[engine].ends.remote_inside;
	double read = sqrt(2) * u->reading.p50_ns;
	double offset = u->reading.has_offset ? u->reading.offset_ns : 0;
	double apart = sqrt(2) * hypot(read, offset);
	const struct flows *f = result ? result->flows : NULL;

	for (size_t i = 0; f && i < f->flows; i++) {
		const struct duration *d = &f->flow[i].network;
		struct difference own = budget_difference(d, d, BUDGET_P50);

		if (own.known && isfinite(own.minus))
			apart = fmax(apart, own.minus);
	}
	return apart + hop_scatter(&u->engine[engine].hop, far ? 4 : 2);
}
