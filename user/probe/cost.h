/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What our own programs cost on a probe: the loaded ones, run by
 * BPF_PROG_TEST_RUN on a crafted probe and its reply, once at a time and in
 * turn with a program that does nothing; the difference of the medians. Nothing
 * is sent. Memory is warmer here than between two probes of a slow run.
 */
#ifndef XRTT_PROBE_COST_H
#define XRTT_PROBE_COST_H

#include "model/budget.h"
#include "probe/prober.h"

struct cost_subject {
	const struct session *session; /* flow 0's */
	enum engine engine;	       /* whose replies */
	uint32_t link_header;	       /* before the IP header: 14 or 0 */
};

/*
 * Fills all of `ns`, as struct budget_facts wants it in `program`: 0 for what
 * is not loaded and for BUDGET_TX_STAMP, which is the kernel's; NAN where the
 * kernel cannot test-run a program, as one bound to a device. Flow 0 must be
 * set and not yet have had a probe: its first slot is borrowed and given back
 * free, the ring is emptied, no counter moves. Takes a few milliseconds, at
 * most about 20.
 *
 * 0; -EBUSY: that slot is not free; -EPROTO: a program did not do its work;
 * else the kernel's -errno. On failure all of `ns` are NAN.
 */
int cost_measure(struct prober *prober, const struct cost_subject *subject,
		 double ns[BUDGET_PROGRAMS]);

#endif
