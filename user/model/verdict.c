// SPDX-License-Identifier: GPL-2.0-only
#include "model/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/verdict_text.h"

static const struct range unknown = { NAN, NAN, NAN };

static const char *const names[PARTS] = {
	[PART_DISTANCE] = "distance",	  [PART_DETOUR] = "detour",
	[PART_NETWORK] = "network",	  [PART_QUEUEING] = "queueing",
	[PART_LOCAL_HOST] = "local_host", [PART_REMOTE_HOST] = "remote_host",
};

const char *part_name(enum verdict_part which)
{
	return names[which];
}

/* ---- level --------------------------------------------------------------- */

static bool is_local(enum stage which)
{
	return which != STAGE_NETWORK && which != STAGE_REMOTE;
}

/* How far a duration's true value may be below and above what was measured. */
struct slack {
	double minus;
	double plus;
};

static struct slack instrument_slack(const struct instrument *in)
{
	return (struct slack){
		in->known && in->bounded ? in->minus : INFINITY,
		in->known && isfinite(in->plus) ? in->plus : INFINITY,
	};
}

static struct slack sampling_slack(const struct duration *d)
{
	const struct ci *ci = &d->ci95[LEVEL_P50];
	double p50 = d->quantile[LEVEL_P50];

	return (struct slack){
		ci->lo.finite ? p50 - ci->lo.value : INFINITY,
		ci->hi.finite ? ci->hi.value - p50 : INFINITY,
	};
}

static struct range around(double value, double minus, double plus)
{
	return (struct range){ value - minus, value, value + plus };
}

/* What the network may have too much, a host may have too little of. */
static struct range host_part(double ns, const struct slack *in)
{
	return (struct range){ fmax(ns - in->plus, 0), ns, ns + in->minus };
}

static void split_minimum(const struct result *r, const struct slack *in,
			  struct range ns[PARTS])
{
	const struct range *fibre = &r->distance.floor_ns[FLOOR_FIBRE_NOMINAL];
	double min = (double)r->network.min;

	if (!r->has_distance) {
		ns[PART_NETWORK] = around(min, in->minus, in->plus);
		return;
	}
	ns[PART_DISTANCE] = *fibre;
	ns[PART_DETOUR] = (struct range){
		min - in->minus - fibre->hi,
		min - fibre->value,
		min + in->plus - fibre->lo,
	};
}

static void find_parts(const struct result *r,
		       const struct joint_means *typical,
		       struct range ns[PARTS])
{
	struct slack in = instrument_slack(&r->network.at_p50);
	struct slack sampling = sampling_slack(&r->network);
	double network = typical->stage[STAGE_NETWORK];
	double host = 0;

	for (int i = 0; i < STAGES; i++)
		host += is_local(i) ? typical->stage[i] : 0;
	split_minimum(r, &in, ns);
	ns[PART_QUEUEING] = around(network - (double)r->network.min,
				   sampling.minus, sampling.plus);
	ns[PART_LOCAL_HOST] = host_part(host, &in);
	if (r->remote.n)
		ns[PART_REMOTE_HOST] =
			host_part(typical->stage[STAGE_REMOTE], &in);
}

static struct range share_of(const struct range *ns, double total)
{
	return (struct range){
		isfinite(ns->lo) ? ns->lo / total : NAN,
		ns->value / total,
		isfinite(ns->hi) ? ns->hi / total : NAN,
	};
}

static void judge_level(struct result *r, const struct joint_means *typical)
{
	struct range ns[PARTS];

	r->level.code = "unknown";
	for (int i = 0; i < PARTS; i++)
		ns[i] = r->parts.share[i] = unknown;
	r->parts.known = typical->n && typical->total > 0;
	if (!r->parts.known)
		return;
	find_parts(r, typical, ns);
	for (int i = 0; i < PARTS; i++)
		r->parts.share[i] = share_of(&ns[i], typical->total);
	if (r->has_distance && r->distance.below_vacuum) {
		r->level.text = verdict_text_below(r);
		return;
	}
	r->level.code = "mixed";
	for (int i = 0; i < PARTS; i++)
		if (r->parts.share[i].lo > 0.5)
			r->level.code = names[i];
	r->level.text = verdict_text_level(r);
}

/* ---- tail ---------------------------------------------------------------- */

static const char *side_of(enum stage which)
{
	if (which == STAGE_NETWORK)
		return names[PART_NETWORK];
	return is_local(which) ? names[PART_LOCAL_HOST]
			       : names[PART_REMOTE_HOST];
}

/* The share of the side that the stage is on. */
static double side_share(const struct joint_means *tail, enum stage which)
{
	double sum = 0;

	for (int i = 0; i < STAGES; i++)
		if (side_of(i) == side_of(which))
			sum += tail->stage[i];
	return sum / tail->total;
}

/* Of that side, or of all. */
static enum stage largest(const struct joint_means *tail, const char *side)
{
	int most = -1;

	for (int i = 0; i < STAGES; i++)
		if ((!side || side_of(i) == side) &&
		    (most < 0 || tail->stage[i] > tail->stage[most]))
			most = i;
	return most;
}

static void judge_tail(struct result *r, const struct joint_means *tail)
{
	struct slowest *s = &r->slowest;
	double side = 0;

	r->tail.code = "unknown";
	*s = (struct slowest){ 0 };
	if (tail->n < VERDICT_TAIL_MIN || !(tail->total > 0))
		return;
	r->tail.code = "mixed";
	for (int i = 0; i < STAGES; i++) {
		double share = side_share(tail, i);

		if (share <= 0.5)
			continue;
		side = share;
		r->tail.code = side_of(i);
	}
	s->n = tail->n;
	s->stage = largest(tail, side > 0 ? r->tail.code : NULL);
	s->share = tail->stage[s->stage] / tail->total;
	r->tail.text = verdict_text_tail(r, side);
}

void verdict_judge(struct result *r, const struct joint *probes)
{
	struct joint_means typical, slow;

	r->level.text = r->tail.text = NULL;
	if (joint_middle(probes, &typical))
		typical.n = 0;
	if (joint_tail(probes, &slow))
		slow.n = 0;
	judge_level(r, &typical);
	judge_tail(r, &slow);
}

void verdict_release(struct result *r)
{
	free((char *)r->level.text);
	free((char *)r->tail.text);
	r->level.text = r->tail.text = NULL;
}
