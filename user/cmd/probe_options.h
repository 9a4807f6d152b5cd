/* SPDX-License-Identifier: GPL-2.0-only */
/* The command lines of `xrtt probe` and `xrtt flows`. */
#ifndef XRTT_CMD_PROBE_OPTIONS_H
#define XRTT_CMD_PROBE_OPTIONS_H

#include "model/condition.h"
#include "probe/plan.h"

/* Of --engine: enum engine, then these. */
enum {
	ENGINE_CHOICE_BOTH = ENGINES,
	ENGINE_CHOICE_AUTO,
};

/* The option tables write whole uint64_t and int; the plan is made of them. */
struct probe_options {
	const char *command; /* "probe" */
	uint64_t count, port, source_port, seed, size, dscp, batch, flows;
	span_t duration, interval, timeout;
	const char *ifname, *source, *samples, *json, *until, *clock_ppm;
	const char *from, *to, *fail_if;
	struct condition condition; /* of fail_if, where that is not NULL */
	int family, engine, protocol, pacing, rx_hook, tc;
	bool verbose, quiet, flood, tune, busy_poll, prepare, hw_stamps;
	bool mine;
};

/* Each: 0; 1 if help was asked for and printed; -EINVAL after one line on
 * stderr. */
int probe_options_parse(int argc, char **argv, struct probe_options *o,
			struct plan *plan);
int flows_options_parse(int argc, char **argv, struct probe_options *o,
			struct plan *plan);

/* What both do with the options: checks them, looks names up and makes the
 * plan. 0, or -EINVAL after one line on stderr. */
int probe_options_plan(struct probe_options *o, const char *target,
		       struct plan *plan);

#endif
