/* SPDX-License-Identifier: GPL-2.0-only */
/* What a result says about the hosts, the clock and the run itself. */
#ifndef XRTT_PROBE_FACTS_H
#define XRTT_PROBE_FACTS_H

#include "probe/run.h"

/* Reads what `doctor --null` has stored, for every result of the run. NULL:
 * nothing that can be read. The caller frees it. */
struct null_floor *facts_load_null(void);

/* Fills hooks, pacing's plan, clock, local, target, run and the counts that the
 * kernel side keeps. Strings are new: facts_release(). */
void facts_fill(const struct run *r, enum engine engine, struct result *out);
/* Of these clock, local and run only, which every kind of run has; after hooks.
 */
void facts_fill_run(const struct run *r, struct result *out);
void facts_release(struct result *out);

#endif
