/* SPDX-License-Identifier: GPL-2.0-only */
/* What path_tally.c and path_group.c are made of. */
#ifndef XRTT_MODEL_PATH_PARTS_H
#define XRTT_MODEL_PATH_PARTS_H

#include "model/path_tally.h"

/* Samples in the order in which they were sent. */
struct path_values {
	size_t n, room;
	int64_t *ns;
};

/* 0, or -ENOMEM with everything before it intact. */
int path_values_add(struct path_values *v, int64_t ns);

/* 0 or -ENOMEM; without samples *out is all zero. */
int path_values_report(const struct path_values *v, struct duration *out);

/* The same with the samples, which it takes from `v`, in ascending order. If
 * `err` is not 0 it only frees them, and returns that. */
int path_values_take(struct path_values *v, struct path_times *out, int err);

/* Who answered at a hop of a flow; more than these share the last place. */
#define PATH_NAMES 8

struct path_name {
	char address[PATH_ADDRESS];
	uint64_t n;
	enum path_answer answer;
};

/* One answer: who it was from (an index of names), and how long it took. */
struct path_took {
	unsigned int name;
	int64_t rtt_ns;
};

struct path_cell {
	struct probes probes;
	uint64_t run, longest_run;
	size_t answers, room;
	struct path_took *answer;
	unsigned int names;
	struct path_name name[PATH_NAMES];
	struct ttl_range ttl;
	bool has_quote, rewritten;
	struct quote quote;
};

struct path_tally {
	unsigned int flows;
	unsigned int max_hop;
	unsigned int last[PATH_FLOWS_MOST];  /* see path_tally_last() */
	unsigned int ended[PATH_FLOWS_MOST]; /* first hop with an end, or 0 */
	int routers[PATH_FLOWS_MOST];
	struct path_values network;
	struct path_values remote;
	struct path_cell cell[]; /* flow by flow, PATH_FULL and the hops */
};

/* `hop` from PATH_FULL to max_hop. */
static inline struct path_cell *path_cell(const struct path_tally *t,
					  unsigned int flow, unsigned int hop)
{
	return (struct path_cell *)&t->cell[flow * (t->max_hop + 1) + hop];
}

/* Makes room for a value in a range; one below 0 is none. */
static inline void path_widen(int value, int *min, int *max)
{
	if (value < 0)
		return;
	if (*min < 0 || value < *min)
		*min = value;
	if (value > *max)
		*max = value;
}

/* Groups the hops to nodes, but for their times and loss ratios, and the flows
 * to routes. 0 or -ENOMEM. */
int path_group(struct path *path);

#endif
