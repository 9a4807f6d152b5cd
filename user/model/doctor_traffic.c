// SPDX-License-Identifier: GPL-2.0-only
/* Who else has a say in when a packet goes: queues here, limits in the cloud.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "model/doctor_host.h"

/* A probe of ours on the wire, for the time that it takes at a flow's rate. */
#define PROBE_OCTETS 86

/* Less than this at a flow's rate, about a reading of the clock, is nothing. */
#define PACE_LEAST_NS 25

/* Those that make packets wait for a time, not only for one another. */
static const char *const shapers[] = { "netem", "tbf", "htb",	 "hfsc",
				       "cbq",	"etf", "taprio", "plug" };

static bool is_shaper(const char *kind)
{
	for (size_t i = 0; i < sizeof(shapers) / sizeof(*shapers); i++) {
		if (!strcmp(kind, shapers[i]))
			return true;
	}
	return false;
}

static struct finding *judge_shaper(struct doctor *d, const struct nic_facts *n,
				    const char *kind)
{
	const struct qdisc_facts *q = &n->qdisc;
	struct finding *f;

	if (q->delay_ns.known && q->delay_ns.value)
		f = doctor_find(d, "qdisc", FINDING_COSTS,
				"netem on %s holds every packet for %.1f µs; "
				"it shows as tc → driver",
				n->name, (double)q->delay_ns.value / 1e3);
	else
		f = doctor_find(d, "qdisc", FINDING_COSTS,
				"%s on %s makes packets wait for their time; "
				"it shows as tc → driver",
				kind, n->name);
	if (q->delay_ns.known)
		finding_set_cost(f, (double)q->delay_ns.value, NAN);
	finding_mend(f, "tc qdisc del dev %s root (if nobody needs it)",
		     n->name);
	return f;
}

static double pace_ns(const struct qdisc_facts *q)
{
	return q->flow_bytes.known
		       ? PROBE_OCTETS / (double)q->flow_bytes.value * 1e9
		       : 0;
}

static struct finding *judge_pacer(struct doctor *d, const struct nic_facts *n)
{
	double bytes = (double)n->qdisc.flow_bytes.value;
	struct finding *f;

	f = doctor_find(d, "qdisc", FINDING_COSTS,
			"fq on %s lets one flow send %.0f kB a second: a probe "
			"may wait for the one before it; it shows as tc → "
			"driver",
			n->name, bytes / 1e3);
	finding_set_cost(f, pace_ns(&n->qdisc), NAN);
	/* tc knows no word for "no limit"; this is next to the largest. */
	if (*n->qdisc.leaf)
		finding_mend(f,
			     "tc qdisc change dev %s parent PARENT fq maxrate "
			     "34gbit, for each that tc qdisc show dev %s names",
			     n->name, n->name);
	else
		finding_mend(f, "tc qdisc change dev %s root fq maxrate 34gbit",
			     n->name);
	return f;
}

static void judge_qdisc(struct doctor *d, const struct nic_facts *n)
{
	const struct qdisc_facts *q = &n->qdisc;
	const char *kind = *q->leaf ? q->leaf : q->kind;
	struct finding *f;

	if (!*q->kind)
		return;
	if (is_shaper(kind) || is_shaper(q->kind))
		f = judge_shaper(d, n, is_shaper(kind) ? kind : q->kind);
	else if (pace_ns(q) > PACE_LEAST_NS)
		f = judge_pacer(d, n);
	else
		f = doctor_find(d, "qdisc", FINDING_GOOD,
				"%s on %s: what waits in it waits for other "
				"packets only and shows as tc → driver",
				kind, n->name);
	finding_set_value(f, "%s%s%s", q->kind, *q->leaf ? " " : "", q->leaf);
}

static void judge_counter(struct doctor *d, const struct nic_counter *c)
{
	uint64_t during = c->after - c->before;
	struct finding *f;

	if (!c->after)
		return;
	/* When the others were is not known: a burst at boot, mostly. */
	f = doctor_find(d, "allowance", during ? FINDING_COSTS : FINDING_GOOD,
			"%s: %" PRIu64 " packets were held or dropped beyond "
			"what this instance may send or track, %" PRIu64
			" of them while this was looked at",
			c->name, c->after, during);
	finding_set_value(f, "%s %" PRIu64, c->name, c->after);
	if (!strncmp(c->name, "conntrack", 9))
		finding_set_fix(f, "security groups that need not track the "
				   "probes' flows (all traffic both ways), or "
				   "a larger instance");
	else if (!strncmp(c->name, "linklocal", 9))
		finding_set_fix(f, "ask DNS, NTP and the metadata service less "
				   "often: 1024 packets a second");
	else
		finding_set_fix(f, "a larger instance, or less traffic beside "
				   "the probes");
}

static void judge_counters(struct doctor *d, const struct nic_facts *n)
{
	bool is_clean = true;
	struct finding *f;

	for (size_t i = 0; i < n->counters; i++) {
		judge_counter(d, &n->counter[i]);
		is_clean = is_clean && !n->counter[i].after;
	}
	if (!n->counters || !is_clean)
		return;
	f = doctor_find(d, "allowance", FINDING_GOOD,
			"none of %s's %zu allowance counters has counted "
			"anything",
			n->name, n->counters);
	finding_set_value(f, "0");
}

void doctor_judge_traffic(struct doctor *d, const struct nic_facts *n)
{
	if (!n->there)
		return;
	judge_qdisc(d, n);
	judge_counters(d, n);
}
