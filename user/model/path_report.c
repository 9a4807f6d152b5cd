// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/interval.h"
#include "model/path_parts.h"

static void fill_loss(const struct probes *p, uint64_t longest_run,
		      struct loss *out)
{
	*out = (struct loss){ .longest_run = longest_run };
	if (p->sent)
		out->ratio = (double)p->lost / (double)p->sent;
	out->ci95 = interval_ratio(p->lost, p->sent);
}

static void add_probes(struct probes *to, const struct probes *p)
{
	to->planned += p->planned;
	to->sent += p->sent;
	to->unsent += p->unsent;
	to->received += p->received;
	to->late += p->late;
	to->lost += p->lost;
	to->unrecorded += p->unrecorded;
	to->duplicate += p->duplicate;
}

static unsigned int favourite(const struct path_cell *c)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i < c->names; i++) {
		if (c->name[i].n > c->name[best].n)
			best = i;
	}
	return best;
}

static int gather(const struct path_cell *c, struct path_values *values)
{
	int err = 0;

	for (size_t i = 0; !err && i < c->answers; i++)
		err = path_values_add(values, c->answer[i].rtt_ns);
	return err;
}

static int fill_hop(const struct path_tally *t, struct path_hop *out)
{
	const struct path_cell *c = path_cell(t, out->flow, out->hop);
	unsigned int best = favourite(c);
	struct path_values values = {};
	int err;

	out->probes = c->probes;
	fill_loss(&c->probes, c->longest_run, &out->loss);
	out->ttl = c->ttl;
	out->known = c->names;
	out->has_quote = c->has_quote;
	out->quote = c->quote;
	out->rewritten = c->rewritten;
	if (!out->known)
		return 0;
	out->answer = c->name[best].answer;
	strcpy(out->address, c->name[best].address);
	for (unsigned int i = 0; i < c->names; i++) {
		if (i != best && out->others < PATH_OTHERS)
			strcpy(out->other[out->others], c->name[i].address);
		out->others += i != best;
	}
	err = gather(c, &values);
	return path_values_take(&values, &out->times, err);
}

static int fill_flow(const struct path_tally *t, unsigned int flow,
		     struct path_flow *out)
{
	const struct path_cell *c = path_cell(t, flow, PATH_FULL);
	struct path_values values = {};
	int err;

	out->last = t->ended[flow];
	out->routers = t->routers[flow];
	out->probes = c->probes;
	fill_loss(&c->probes, c->longest_run, &out->loss);
	out->ttl = c->ttl;
	err = gather(c, &values);
	return path_values_take(&values, &out->times, err);
}

static int fill_hops(const struct path_tally *t, struct path *out)
{
	unsigned int deepest = 0;
	int err = 0;

	for (unsigned int f = 0; f < t->flows; f++) {
		if (t->last[f] > deepest)
			deepest = t->last[f];
	}
	out->hop = calloc((size_t)deepest * t->flows, sizeof(*out->hop));
	if (!out->hop)
		return -ENOMEM;
	for (unsigned int h = 1; !err && h <= t->max_hop; h++) {
		for (unsigned int f = 0; !err && f < t->flows; f++) {
			struct path_hop *hop = &out->hop[out->hops];
			const struct path_cell *c = path_cell(t, f, h);

			if (h > t->last[f]) {
				out->beyond += c->probes.sent;
				continue;
			}
			out->hops++;
			hop->hop = h;
			hop->flow = f;
			err = fill_hop(t, hop);
		}
	}
	return err;
}

/* All that went the whole way, as one stream. */
static int fill_base(const struct path_tally *t, struct path *out)
{
	struct result *base = &out->base;
	struct path_values copy;
	uint64_t longest = 0;
	int err;

	base->ttl = (struct ttl_range){ -1, -1, -1, -1 };
	for (unsigned int f = 0; f < t->flows; f++) {
		const struct path_cell *c = path_cell(t, f, PATH_FULL);

		add_probes(&base->probes, &c->probes);
		if (c->longest_run > longest)
			longest = c->longest_run;
		path_widen(c->ttl.min, &base->ttl.min, &base->ttl.max);
		path_widen(c->ttl.max, &base->ttl.min, &base->ttl.max);
		path_widen(c->ttl.remote_min, &base->ttl.remote_min,
			   &base->ttl.remote_max);
		path_widen(c->ttl.remote_max, &base->ttl.remote_min,
			   &base->ttl.remote_max);
	}
	fill_loss(&base->probes, longest, &base->loss);
	copy = t->network;
	err = path_values_report(&copy, &base->network);
	copy = t->remote;
	return err ? err : path_values_report(&copy, &base->remote);
}

/* The nodes' samples are those of their flows' hops, at their address. */
static int node_values(const struct path_tally *t, const struct path_node *n,
		       struct path_values *values)
{
	int err = 0;

	for (unsigned int f = 0; f < t->flows; f++) {
		const struct path_cell *c = path_cell(t, f, n->hop);

		for (size_t i = 0; !err && i < c->answers; i++) {
			unsigned int name = c->answer[i].name;

			if (n->flows >> f & 1 &&
			    !strcmp(c->name[name].address, n->address))
				err = path_values_add(values,
						      c->answer[i].rtt_ns);
		}
	}
	return err;
}

int path_tally_report(const struct path_tally *t, struct path *out)
{
	int err;

	out->flows = t->flows;
	out->max_hop = t->max_hop;
	err = fill_hops(t, out);
	for (unsigned int f = 0; !err && f < t->flows; f++)
		err = fill_flow(t, f, &out->flow[f]);
	if (!err)
		err = fill_base(t, out);
	if (!err)
		err = path_group(out);
	for (size_t i = 0; !err && i < out->nodes; i++) {
		struct path_node *node = &out->node[i];
		struct path_values values = {};

		err = node_values(t, node, &values);
		err = path_values_take(&values, &node->times, err);
		fill_loss(&node->probes, node->loss.longest_run, &node->loss);
	}
	return err;
}

void path_tally_network(const struct path_tally *t, int64_t *out)
{
	if (t->network.n)
		memcpy(out, t->network.ns, t->network.n * sizeof(*out));
}
