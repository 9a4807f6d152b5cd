/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdlib.h>

#include "model/budget.h"

#define NOT_HERE -1.0
#define NO_STAMP STAMPS
#define NOBODY_KNOWS "nobody has measured it in this run"

/* A duration whose bar is being made. */
struct place {
	const struct result *result;
	const struct budget_facts *facts;
	struct duration *duration;
	enum budget_level level;
	enum stamp from; /* NO_STAMP: from when it was due */
	enum stamp to;
	bool is_network;
};

/*
 * One term: where it is met and what it comes to there, given the fact's size;
 * NOT_HERE if that duration does not have it. A term that follows from the
 * result alone has a fact of its own.
 */
struct rule {
	const char *name;
	size_t fact; /* offset in struct budget_facts */
	const struct budget_fact *own;
	bool lengthens;
	bool common;
	double (*size)(const struct place *p, double at);
};

static double value_at(const struct duration *d, enum budget_level level)
{
	enum level which = level == BUDGET_P50 ? LEVEL_P50 : LEVEL_P99;

	return d->n ? fabs(d->quantile[which]) : 0;
}

static bool is_remote(const struct place *p)
{
	return p->from == STAMP_REMOTE_RX;
}

static bool has_remote(const struct place *p)
{
	return is_remote(p) ||
	       (p->is_network && p->result->target.protocol == PROTOCOL_STAMP);
}

static bool ends_at(const struct place *p, enum stamp stamp)
{
	return p->from == stamp || p->to == stamp;
}

static bool is_cpu_clock(enum stamp stamp)
{
	return stamp != NO_STAMP && stamp != STAMP_HW_RX;
}

/* ---- sizes --------------------------------------------------------------- */

/* Of ppm, over what our own clock timed: "network" has the far host's share
 * taken off. */
static double over_local(const struct place *p, double ppm)
{
	double ns = value_at(p->duration, p->level);

	if (is_remote(p))
		return NOT_HERE;
	if (has_remote(p))
		ns += value_at(&p->result->remote, p->level);
	return ns * ppm * 1e-6;
}

static double over_remote(const struct place *p, double ppm)
{
	if (!has_remote(p))
		return NOT_HERE;
	return value_at(&p->result->remote, p->level) * ppm * 1e-6;
}

static double each_reading(const struct place *p, double ns)
{
	int readings = is_cpu_clock(p->from) + is_cpu_clock(p->to);

	return is_remote(p) ? NOT_HERE : ns * sqrt(readings);
}

static double both_remote_readings(const struct place *p, double ns)
{
	return has_remote(p) ? ns * sqrt(2) : NOT_HERE;
}

/* The NIC's stamp too: its place is on the clock of the CPU that read the
 * NIC's, which need not be that of the other stamp. */
static double between_cpus(const struct place *p, double ns)
{
	bool both = p->from != NO_STAMP && p->to != NO_STAMP;

	return both && !is_remote(p) ? ns : NOT_HERE;
}

static double at_socket_driver(const struct place *p, double ns)
{
	bool mapped = p->result->engine == ENGINE_SOCKET;

	return mapped && ends_at(p, STAMP_DRV_TX) ? ns : NOT_HERE;
}

static double at_hardware(const struct place *p, double ns)
{
	return ends_at(p, STAMP_HW_RX) ? ns : NOT_HERE;
}

static double in_network(const struct place *p, double ns)
{
	return p->is_network ? ns : NOT_HERE;
}

static double in_remote_gap(const struct place *p, double ns)
{
	return p->is_network && has_remote(p) ? ns : NOT_HERE;
}

static double in_far_host(const struct place *p, double ns)
{
	return p->is_network && !has_remote(p) ? ns : NOT_HERE;
}

/* A program works before its stamp and after it; how much on which side nobody
 * knows, so all of it counts for a duration on either side. */
static double of_programs(const struct place *p, double ignored)
{
	static const struct {
		enum stamp stamp;
		bool before;
	} works[BUDGET_PROGRAMS] = {
		[BUDGET_TC_EGRESS] = { STAMP_TC_TX, true },
		[BUDGET_TX_STAMP] = { STAMP_DRV_TX, false },
		[BUDGET_XDP] = { STAMP_XDP_RX, true },
		[BUDGET_TC_INGRESS] = { STAMP_TC_RX, true },
		[BUDGET_SOCKET] = { STAMP_SOCK_RX, true },
	};
	double ns = 0;
	bool any = false;

	(void)ignored;
	for (int i = 0; i < BUDGET_PROGRAMS; i++) {
		enum stamp at = works[i].stamp;
		bool before = works[i].before && p->from < at && at <= p->to;

		if (before || (p->from <= at && at < p->to)) {
			ns += p->facts->program[i];
			any = any || p->facts->program[i] != 0;
		}
	}
	return any ? ns : NOT_HERE;
}

static double of_bins(const struct place *p, double part)
{
	int64_t bin = p->duration->bin_ns;

	return bin ? (double)bin * part : NOT_HERE;
}

/* ---- the table ----------------------------------------------------------- */

static const struct budget_fact half_a_bin = {
	.kind = 'A',
	.at = { 0.5, 0.5 },
	.how = "the quantile is the middle of a histogram's bin",
};

static const struct budget_fact far_host = {
	.kind = 'B',
	.at = { INFINITY, INFINITY },
	.how = "the far host's share is inside: no stamps of it come back",
};

#define FACT(member) .fact = offsetof(struct budget_facts, member)

static const struct rule rules[] = {
	{ "clock_rate", FACT(clock_rate), .common = true, .size = over_local },
	{ "clock_slew", FACT(clock_slew), .size = over_local },
	{ "clock_read", FACT(clock_read), .size = each_reading },
	{ "cpu_offset", FACT(cpu_offset), .size = between_cpus },
	{ "realtime_map", FACT(realtime_map), .size = at_socket_driver },
	{ "hw_map", FACT(hw_map), .size = at_hardware },
	{ "remote_rate", FACT(remote_rate), .common = true,
	  .size = over_remote },
	{ "remote_read", FACT(remote_read), .common = true,
	  .size = both_remote_readings },
	{ "bins", .own = &half_a_bin, .size = of_bins },
	{ "stamp_cost", FACT(stamp_cost), .lengthens = true,
	  .size = of_programs },
	{ "tx_gap", FACT(tx_gap), .lengthens = true, .size = in_network },
	{ "rx_gap", FACT(rx_gap), .lengthens = true, .size = in_network },
	{ "remote_rx_gap", FACT(remote_rx_gap), .lengthens = true,
	  .size = in_remote_gap },
	{ "remote_tx_gap", FACT(remote_tx_gap), .lengthens = true,
	  .size = in_remote_gap },
	{ "remote_inside", .own = &far_host, .lengthens = true,
	  .size = in_far_host },
	{ "stolen", FACT(stolen), .lengthens = true, .size = in_network },
};

#define RULES (sizeof(rules) / sizeof(rules[0]))
_Static_assert(RULES <= BUDGET_TERMS, "a budget has room for every rule");

static const struct budget_fact *fact_of(const struct rule *rule,
					 const struct budget_facts *facts)
{
	if (rule->own)
		return rule->own;
	return (const void *)((const char *)facts + rule->fact);
}

static int apply(const struct rule *rule, const struct place *p,
		 struct budget *budget)
{
	const struct budget_fact *fact = fact_of(rule, p->facts);
	double ns = rule->size(p, fact->kind ? fact->at[p->level] : INFINITY);
	struct budget_term term = {
		.name = rule->name,
		.ns = ns,
		.kind = fact->kind ? fact->kind : 'B',
		.lengthens = rule->lengthens,
		.common = rule->common || fact->common,
		.how = fact->kind && fact->how ? fact->how : NOBODY_KNOWS,
	};

	if (fact->kind == BUDGET_NONE || ns == NOT_HERE)
		return 0;
	if (!fact->kind || isnan(ns))
		term.ns = INFINITY;
	return budget_add(budget, &term);
}

static int fill_place(struct place *p)
{
	struct duration *d = p->duration;
	int err = 0;

	budget_release(&d->at_p50);
	budget_release(&d->at_p99);
	if (!d->n)
		return 0;
	for (int level = 0; !err && level < BUDGET_LEVELS; level++) {
		struct budget budget = { 0 };

		p->level = level;
		for (size_t i = 0; !err && i < RULES; i++)
			err = apply(&rules[i], p, &budget);
		if (!err)
			err = budget_combine(&budget, level == BUDGET_P50
							      ? &d->at_p50
							      : &d->at_p99);
	}
	return err;
}

/* ---- the durations ------------------------------------------------------- */

static int fill_network(struct place *p, struct duration *d)
{
	p->duration = d;
	p->from = p->result->hooks.tx;
	p->to = p->result->hooks.rx;
	p->is_network = true;
	return fill_place(p);
}

static int fill_stage(struct place *p, struct result *r, enum stage which)
{
	static const enum stamp ends[STAGES][2] = {
		[STAGE_APP_TO_TC] = { STAMP_APP_TX, STAMP_TC_TX },
		[STAGE_TC_TO_DRIVER] = { STAMP_TC_TX, STAMP_DRV_TX },
		[STAGE_REMOTE] = { STAMP_REMOTE_RX, STAMP_REMOTE_TX },
		[STAGE_NIC_TO_XDP] = { STAMP_HW_RX, STAMP_XDP_RX },
		[STAGE_XDP_TO_TC] = { STAMP_XDP_RX, STAMP_TC_RX },
		[STAGE_TC_TO_SOCKET] = { STAMP_TC_RX, STAMP_SOCK_RX },
		[STAGE_SOCKET_TO_APP] = { STAMP_SOCK_RX, STAMP_APP_RX },
	};

	if (which == STAGE_NETWORK)
		return fill_network(p, &r->stage[which]);
	p->duration = &r->stage[which];
	p->from = ends[which][0];
	p->to = ends[which][1];
	p->is_network = false;
	return fill_place(p);
}

static int fill_single(struct place *p, struct duration *d, enum stamp from,
		       enum stamp to)
{
	p->duration = d;
	p->from = from;
	p->to = to;
	p->is_network = false;
	return fill_place(p);
}

int budget_fill(struct result *r, const struct budget_facts *facts)
{
	struct place p = { .result = r, .facts = facts };
	enum stamp first =
		r->engine == ENGINE_BYPASS ? STAMP_DRV_TX : STAMP_APP_TX;
	int err;

	err = fill_single(&p, &r->rtt, STAMP_APP_TX, STAMP_APP_RX);
	if (!err)
		err = fill_single(&p, &r->remote, STAMP_REMOTE_RX,
				  STAMP_REMOTE_TX);
	if (!err)
		err = fill_single(&p, &r->pacing.lateness, NO_STAMP, first);
	if (!err)
		err = fill_single(&p, &r->host_out, STAMP_APP_TX, r->hooks.tx);
	if (!err)
		err = fill_single(&p, &r->host_in, r->hooks.rx, STAMP_APP_RX);
	if (!err)
		err = fill_network(&p, &r->network);
	for (int i = 0; !err && i < STAGES; i++)
		err = fill_stage(&p, r, i);
	for (size_t i = 0; !err && i < r->segments; i++)
		err = fill_network(&p, &r->segment[i].network);
	if (err)
		budget_clear(r);
	return err;
}

int budget_fill_network(struct result *r, const struct budget_facts *facts,
			struct duration *network)
{
	struct place p = { .result = r, .facts = facts };

	return fill_network(&p, network);
}

static void clear_duration(struct duration *d)
{
	budget_release(&d->at_p50);
	budget_release(&d->at_p99);
}

void budget_clear(struct result *r)
{
	clear_duration(&r->rtt);
	clear_duration(&r->host_out);
	clear_duration(&r->host_in);
	clear_duration(&r->network);
	clear_duration(&r->remote);
	clear_duration(&r->pacing.lateness);
	for (int i = 0; i < STAGES; i++)
		clear_duration(&r->stage[i]);
	for (size_t i = 0; i < r->segments; i++)
		clear_duration(&r->segment[i].network);
}
