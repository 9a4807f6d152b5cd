/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one run of each hook costs, by BPF_PROG_TEST_RUN, beside a program of
 * the same type that does nothing. No interface is touched.
 */
#ifndef XRTT_BENCH_COST_H
#define XRTT_BENCH_COST_H

#include <stdio.h>

#include "probe/plan.h"

/*
 * Writes CSV, `round,hook,frame,ns,empty_ns`. A packet of ours can meet a hook
 * once only, so "ours" has a row for each single run, the slot armed afresh;
 * strangers' packets have a row a round, the mean of many runs. 0, or -errno
 * with `why` filled: a program could not be run, or did not do what it does on
 * such a packet.
 */
int cost_measure(FILE *out, unsigned int rounds, char why[WHY_SIZE]);

#endif
