/* SPDX-License-Identifier: GPL-2.0-only */
/* From settled probes to hops, routers and flows. */
#ifndef XRTT_MODEL_PATH_TALLY_H
#define XRTT_MODEL_PATH_TALLY_H

#include "model/path.h"

/* One settled probe. From `answer` on only of one that was answered. */
struct path_sample {
	unsigned int flow;
	unsigned int hop; /* or PATH_FULL */
	enum probe_status status;
	uint64_t duplicates;
	enum path_answer answer;
	char address[PATH_ADDRESS];
	int64_t rtt_ns;
	bool has_remote; /* the next is known: how long the reflector had it */
	int64_t remote_ns;
	int ttl;	/* of the answer as it came in */
	int remote_ttl; /* of the probe as the reflector got it, -1: unknown */
	bool has_quote;
	struct quote quote;
	bool rewritten;
};

struct path_tally;

/* NULL: no memory. */
struct path_tally *path_tally_create(unsigned int flows, unsigned int max_hop);
void path_tally_destroy(struct path_tally *t); /* NULL is allowed */

/* In any order of hops and flows; of one hop and flow in the order in which
 * they were sent. 0 or -ENOMEM, the sample then not being counted. */
int path_tally_add(struct path_tally *t, const struct path_sample *sample);

/*
 * Up to which hop a flow is worth probing: to where the target answered, or
 * where it was said to go no further; to max_hop while nobody did either. A
 * router that answers there moves it on by one.
 */
unsigned int path_tally_last(const struct path_tally *t, unsigned int flow);

/* Fills hops, nodes, flows but for their ports and labels, routes, beyond, and
 * of `base` probes, loss, ttl, network and remote. 0 or -ENOMEM; to be released
 * either way. */
int path_tally_report(const struct path_tally *t, struct path *out);

/* The samples of base.network, as many as that has, in the order in which they
 * were added. */
void path_tally_network(const struct path_tally *t, int64_t *out);

#endif
