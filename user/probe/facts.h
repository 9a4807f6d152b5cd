/* SPDX-License-Identifier: GPL-2.0-only */
/* What a result says about the hosts, the clock and the run itself. */
#ifndef XRTT_PROBE_FACTS_H
#define XRTT_PROBE_FACTS_H

#include "probe/run.h"

/* Fills hooks, pacing's plan, clock, verdicts, local, target, run and the
 * counts that the kernel side keeps. Strings are new: facts_release(). */
void facts_fill(const struct run *r, enum engine engine, struct result *out);
void facts_release(struct result *out);

#endif
