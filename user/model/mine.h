/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which path this host's own TCP connections are on. A connection's least round
 * trip is its path's and, on top, what both hosts took, which nobody knows but
 * that it is not less than 0. So its path is none that is longer, and each
 * shorter one would leave that much more to the hosts.
 */
#ifndef XRTT_MODEL_MINE_H
#define XRTT_MODEL_MINE_H

#include "model/flows.h"

/* tcpi_min_rtt is a difference of two instants that were cut to 1 us. */
#define MINE_GRAIN_NS 1000

/* Fills flow_class, hosts_ns and faster_hosts_ns. A connection without a round
 * trip (min_rtt_ns 0) is of no class. */
void mine_classify(struct mine *mine, size_t mines,
		   const struct flow_class *class, size_t classes);

#endif
