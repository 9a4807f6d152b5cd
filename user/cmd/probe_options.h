/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line of `xrtt probe`. */
#ifndef XRTT_CMD_PROBE_OPTIONS_H
#define XRTT_CMD_PROBE_OPTIONS_H

#include "model/condition.h"
#include "probe/plan.h"

/* The option table writes whole uint64_t and int; the plan is made of them. */
struct probe_options {
	uint64_t count, port, source_port, seed, size, dscp, batch;
	span_t duration, interval, timeout;
	const char *ifname, *source, *samples, *json, *until, *clock_ppm;
	const char *from, *to, *fail_if;
	struct condition condition; /* of fail_if, where that is not NULL */
	int family, engine, protocol, pacing, rx_hook, tc;
	bool verbose, quiet, flood, tune, busy_poll, prepare, hw_stamps;
};

/* 0; 1 if help was asked for and printed; -EINVAL after one line on stderr. */
int probe_options_parse(int argc, char **argv, struct probe_options *o,
			struct plan *plan);

#endif
