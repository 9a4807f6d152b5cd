/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures nothing: our prober and our reflector at the two ends of a veth pair
 * between two private network namespaces. Nothing of it can be seen from the
 * host's own, and all of it goes with the process, even on kill -9.
 */
#ifndef XRTT_PROBE_NULL_H
#define XRTT_PROBE_NULL_H

#include "model/null.h"
#include "probe/session.h"

struct null_plan {
	span_t duration; /* of sending, every engine and rate together */
	void *data;
	/* Before a cell is measured; may be NULL. */
	void (*next)(void *data, const struct null_cell *cell);
};

/*
 * Each engine at 1000 and 10 000 probes/s, one after the other, for equal
 * times. An engine that this machine cannot run is a cell with its `why`.
 * SIGINT or SIGTERM ends it: what was measured until then is in *out, marked
 * interrupted. SESSION_MEASURED if any cell was measured; else how the first
 * one ended, with the one line in `why`. The calling thread is back in its own
 * namespace afterwards where it may be.
 */
enum session_end null_measure(const struct null_plan *plan,
			      struct null_floor *out, char *why);

#endif
