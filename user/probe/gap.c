// SPDX-License-Identifier: GPL-2.0-only
#include "probe/gap.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "host/netdev_attr.h"
#include "probe/run.h"

static const double level_of[BUDGET_LEVELS] = { 0.5, 0.99 };

/* What lengthens network, and by how much in all. */
struct delays {
	const int64_t *value;
	size_t n;
	double *ns;
	size_t m;
	double shift[BUDGET_LEVELS];
};

/* By how much each part of the way lengthens the quantiles of network. */
struct shares {
	double hop[BUDGET_LEVELS];
	double wait[BUDGET_LEVELS];	/* before our receive stamp, besides */
	double far_wait[BUDGET_LEVELS]; /* before the far host's */
};

static const struct shares unknown = {
	.hop = { NAN, NAN },
	.wait = { NAN, NAN },
	.far_wait = { NAN, NAN },
};

static void judge(struct delays *d)
{
	for (int i = 0; i < BUDGET_LEVELS; i++)
		d->shift[i] = budget_shift_likely(d->value, d->n, d->ns, d->m,
						  level_of[i]);
}

/* Adds to each delay one of `n` others, drawn at random, and tells what that
 * adds to the shift. */
static void add_wait(struct delays *d, const double *other, size_t n,
		     double added[BUDGET_LEVELS])
{
	double before[BUDGET_LEVELS] = { d->shift[0], d->shift[1] };
	struct prng prng;

	if (!n)
		return;
	prng_init(&prng, n);
	for (size_t i = 0; i < d->m; i++)
		d->ns[i] += other[prng_below(&prng, n)];
	budget_sort(d->ns, d->m);
	judge(d);
	for (int i = 0; i < BUDGET_LEVELS; i++) {
		d->shift[i] = fmax(d->shift[i], before[i]);
		added[i] += d->shift[i] - before[i];
	}
}

/* What our own veth does not have: while a socket polls, a packet waits for the
 * round's end; and where nobody does, an interrupt has to wake a CPU. */
static void add_waits(const struct run *r, const struct hop_result *hop,
		      struct delays *d, struct shares *s)
{
	const struct poll_rounds *p = &r->uncertainty.poll;

	if (r->polls)
		add_wait(d, p->ns, p->n < POLL_ROUNDS ? p->n : POLL_ROUNDS,
			 s->wait);
	if (!netdev_has_device(&r->wire))
		return;
	if (!run_is_polled(r))
		add_wait(d, hop->wake_ns, hop->wakes, s->wait);
	add_wait(d, hop->wake_ns, hop->wakes, s->far_wait);
}

static struct shares share(const struct run *r, enum engine engine,
			   const struct gap_values *values, unsigned int hops)
{
	const struct hop_result *hop = &r->uncertainty.engine[engine].hop;
	struct delays d = {
		.value = values->ns,
		.n = values->n,
		.m = hop->n,
	};
	struct shares s = unknown;

	d.ns = calloc(d.m ? d.m : 1, sizeof(*d.ns));
	if (d.value && d.m && d.ns && !budget_hops(hop->ns, d.m, hops, d.ns)) {
		s = (struct shares){};
		judge(&d);
		for (int i = 0; i < BUDGET_LEVELS; i++)
			s.hop[i] = d.shift[i] / hops;
		add_waits(r, hop, &d, &s);
	}
	free(d.ns);
	return s;
}

static const char *obstacle(int err)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return "a veth to measure it on takes CAP_SYS_ADMIN";
	case -EOPNOTSUPP:
		return "this kernel has no veth to measure it on";
	case -ENODATA:
		return "too few frames came over the veth to measure it on: "
		       "its CPU is busy";
	default:
		return "a veth to measure it on cannot be made";
	}
}

static struct budget_fact fact_of(const struct run *r, enum engine engine,
				  const double hop[], const double wait[])
{
	struct budget_fact fact = budget_fact(
		'A', NAN,
		"hops over a veth of ours before the run, at its pace or one "
		"every 2.5 ms");

	if (!r->uncertainty.engine[engine].hop.n)
		fact.how = obstacle(r->uncertainty.engine[engine].hop_error);
	for (int i = 0; i < BUDGET_LEVELS; i++)
		fact.at[i] = hop[i] + (wait ? wait[i] : 0);
	fact.common = !r->plan->both;
	return fact;
}

/* A NIC keeps what it got for a while before it says so. */
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

static struct budget_fact remote(struct budget_fact local)
{
	local.kind = 'B';
	local.common = true;
	if (isfinite(local.at[BUDGET_P50]))
		local.how = "taken to be as this host's own hop: the far host "
			    "tells nothing of it";
	return local;
}

void gap_fill(struct run *r, enum engine engine,
	      const struct gap_values *values, struct budget_facts *facts)
{
	bool far = !r->rules[engine].ends.remote_inside;
	struct shares s = share(r, engine, values, far ? 4 : 2);

	facts->tx_gap = fact_of(r, engine, s.hop, NULL);
	facts->rx_gap = fact_of(r, engine, s.hop,
				hwrx_is_end(r, engine) ? NULL : s.wait);
	if (hwrx_is_end(r, engine))
		hwrx_gap(&facts->rx_gap);
	else if (!run_is_polled(r))
		add_moderation(&r->uncertainty.moderation, &facts->rx_gap);
	facts->remote_tx_gap = facts->remote_rx_gap =
		(struct budget_fact){ .kind = BUDGET_NONE };
	if (!far)
		return;
	facts->remote_tx_gap = remote(fact_of(r, engine, s.hop, NULL));
	facts->remote_rx_gap = remote(fact_of(r, engine, s.hop, s.far_wait));
	/* Nobody has tuned it. */
	add_moderation(&r->moderation_found, &facts->remote_rx_gap);
}
