// SPDX-License-Identifier: GPL-2.0-only
/* The error bars of a path's times. What is true of a probe's round trip is
 * true of a hop's, with one more term that nobody can size: the time that the
 * one who answered took for it. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "host/clock.h"
#include "host/cpu_offset.h"
#include "probe/path_run.h"

#define HOP_BUDGET_NS (500 * NSEC_PER_MSEC)
#define SURVEY_NS (30 * NSEC_PER_MSEC)

static const double level_of[BUDGET_LEVELS] = { 0.5, 0.99 };
static const struct budget_fact no_fact = { .kind = BUDGET_NONE };

void path_bars_start(struct path_run *r)
{
	struct uncertainty *u = &r->base.uncertainty;
	const struct discipline_options options = {
		.ifname = r->base.wire.name,
		.clock_ppm = r->plan->base.clock_ppm,
	};
	const struct hop_plan plan = {
		.engine = ENGINE_SOCKET,
		.rx_at_tc = r->plan->base.rx_hook == RX_HOOK_TC,
		.interval = r->plan->base.interval,
		.budget = span_ns(HOP_BUDGET_NS),
		.cpu = -1,
		.stop_fd = r->base.stop,
	};

	discipline_start(&u->discipline, &options);
	clock_reading_measure(&u->reading);
	cpu_offset_survey(span_ns(SURVEY_NS), &u->reading);
	moderation_read(&r->base.wire, &u->moderation);
	if (!r->base.interrupted)
		r->hop_error = hop_measure(&plan, &r->hop);
}

/* ---- facts ----------------------------------------------------------------*/

static struct budget_fact gap(const struct path_run *r)
{
	if (r->hop.n)
		return budget_fact('A', NAN,
				   "hops over a veth of ours before the run");
	return budget_fact('A', NAN,
			   r->hop_error == -EPERM
				   ? "a veth to measure it on takes "
				     "CAP_SYS_ADMIN"
				   : "a veth to measure it on cannot be made");
}

static void add_moderation(const struct moderation *m, struct budget_fact *fact)
{
	if (!m->is_known) {
		*fact = budget_fact('B', NAN, m->why);
		return;
	}
	if (!m->held.ns)
		return;
	fact->kind = 'B';
	fact->how = "hops over a veth of ours before the run, and the "
		    "interface's interrupt moderation (ethtool -c)";
	for (int i = 0; i < BUDGET_LEVELS; i++)
		fact->at[i] += m->held.ns;
}

/* Both of this host's ends, as they lengthen the quantiles of these samples. */
static int fill_gaps(const struct path_run *r, const struct path_times *times,
		     struct budget_facts *facts)
{
	double *ns = calloc(r->hop.n ? r->hop.n : 1, sizeof(*ns));
	int err = ns ? 0 : -ENOMEM;

	facts->tx_gap = facts->rx_gap = gap(r);
	facts->tx_gap.common = facts->rx_gap.common = true;
	if (!err && r->hop.n)
		err = budget_hops(r->hop.ns, r->hop.n, 2, ns);
	for (int i = 0; !err && r->hop.n && i < BUDGET_LEVELS; i++)
		facts->tx_gap.at[i] = facts->rx_gap.at[i] =
			budget_shift_likely(times->sorted, times->rtt.n, ns,
					    r->hop.n, level_of[i]) /
			2;
	add_moderation(&r->base.uncertainty.moderation, &facts->rx_gap);
	free(ns);
	return err;
}

static void fill_facts(const struct clock_state *clock,
		       struct budget_facts *facts)
{
	const struct clock_steering *s = &clock->steering;

	facts->clock_rate = budget_fact(clock->is_measured ? 'A' : 'B',
					clock->rate_ppm, clock->how);
	facts->clock_slew = budget_fact(
		'A', s->known ? s->departure_ppm : NAN,
		"largest departure of CLOCK_MONOTONIC's rate against "
		"CLOCK_MONOTONIC_RAW's from its median");
	facts->clock_read = budget_fact('A', clock->reading.p50_ns,
					"one reading of the clock after the "
					"other, before the run");
	facts->cpu_offset = budget_fact(
		'A', clock->reading.has_offset ? clock->reading.offset_ns : NAN,
		"CPUs' clocks compared by handing a cache line to and fro, "
		"before the run");
	facts->realtime_map = facts->hw_map = facts->stolen = no_fact;
	facts->remote_rate = budget_fact(
		'B', CLOCK_FREE_PPM,
		"bound for an oscillator that nobody disciplines or measured");
	facts->remote_read =
		budget_fact('B', facts->clock_read.at[BUDGET_P50],
			    "taken to be as this host's own clock_read");
	facts->stamp_cost = budget_fact('A', 0,
					"nobody has measured this run's "
					"programs");
	facts->program[BUDGET_TC_EGRESS] = NAN;
}

/* ---- filling --------------------------------------------------------------*/

struct filling {
	const struct path_run *r;
	const struct path *path;
};

/* In a result of its own, where the far host's share is inside. */
static int fill_times(void *data, struct path_times *times)
{
	const struct filling *f = data;
	struct budget_facts facts = {};
	struct result hop = {
		.engine = ENGINE_SOCKET,
		.hooks = f->path->base.hooks,
		.target.protocol = PROTOCOL_ICMP,
		.network = times->rtt,
	};
	int err;

	if (!times->rtt.n)
		return 0;
	fill_facts(&f->path->base.clock, &facts);
	err = fill_gaps(f->r, times, &facts);
	if (!err)
		err = budget_fill(&hop, &facts);
	if (!err)
		times->rtt = hop.network;
	return err;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The base's samples are those of all flows, less what the reflector held. */
static int fill_base(const struct path_run *r, struct path *out)
{
	struct path_times times = { .rtt = out->base.network };
	struct budget_facts facts = {};
	size_t n = times.rtt.n;
	int err;

	times.sorted = calloc(n ? n : 1, sizeof(*times.sorted));
	if (!times.sorted)
		return -ENOMEM;
	path_tally_network(r->tally, times.sorted);
	qsort(times.sorted, n, sizeof(*times.sorted), by_value);
	fill_facts(&out->base.clock, &facts);
	err = fill_gaps(r, &times, &facts);
	free(times.sorted);
	return err ? err : budget_fill(&out->base, &facts);
}

int path_bars_fill(struct path_run *r, struct path *out)
{
	struct uncertainty *u = &r->base.uncertainty;
	struct filling filling = { r, out };
	struct clock_steering steering;
	int err;

	steering_report(&u->steering, &steering);
	discipline_judge(&u->discipline.evidence, &steering, &out->base.clock);
	out->base.clock.reading = u->reading;
	err = fill_base(r, out);
	return err ? err : path_each_times(out, fill_times, &filling);
}
