/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `xrtt path` from beginning to end: probes with every TTL up to the one that
 * reaches the target, for several flows, interleaved; then the path's MTU.
 *
 * Sending is open-loop. No more than one probe in plan.base.interval is sent to
 * a hop, so that routers, which limit how many ICMP messages they make, can
 * answer all of them.
 */
#ifndef XRTT_PROBE_PATH_SESSION_H
#define XRTT_PROBE_PATH_SESSION_H

#include "model/path.h"
#include "probe/session.h"

struct path_plan {
	struct plan base; /* STAMP or ICMP; `interval` is from one probe to the
			     next that end at the same hop */
	unsigned int flows;   /* 1 to PATH_FLOWS_MOST */
	unsigned int rounds;  /* probes for each flow and hop */
	unsigned int max_hop; /* 1 to PATH_HOPS_MOST */
	bool no_mtu;
};

struct path_observer {
	void *data;
	/* Before the first probe; may be NULL. */
	void (*preflight)(void *data, const struct preflight *found);
	/* After each round; may be NULL. */
	void (*round)(void *data, unsigned int done);
};

/*
 * As session_run(): signals, exit status, `why`. On SESSION_MEASURED and
 * SESSION_SILENT (nobody answered) *result is filled unless `why` says what
 * stopped it; to be released with path_session_release() either way.
 */
enum session_end path_session_run(const struct path_plan *plan,
				  const struct path_observer *observer,
				  struct path *result, char *why);

void path_session_release(struct path *result);

#endif
