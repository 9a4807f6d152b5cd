/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that a probe's way out wakes, in the variants that show what that
 * costs: asleep on a ring buffer, or in recv() on the sending socket. Other
 * variants have none.
 */
#ifndef XRTT_BENCH_HELPER_H
#define XRTT_BENCH_HELPER_H

#include "observer_lane.h"

/* 0 or -errno. */
int helper_start(struct lane *lane);

/* Waits until it has ended; lane->read_at is then complete. */
void helper_stop(struct lane *lane);

#endif
