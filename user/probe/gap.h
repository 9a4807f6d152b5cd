/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What network holds of a probe's way that no stamp sees: between the last
 * transmit stamp and the wire, between the wire and the first receive stamp,
 * and the same at the far host. Told from hops over our own veth (probe/hop.h),
 * from what the interface is set to, and of the far host by analogy.
 */
#ifndef XRTT_PROBE_GAP_H
#define XRTT_PROBE_GAP_H

#include "model/budget.h"

struct run;

/* Values of network in ascending order, as distribution_sorted() has them. */
struct gap_values {
	int64_t *ns;
	size_t n;
};

/*
 * Fills the four gaps from what was measured before the run and from the values
 * of the network whose bar is made. At each level the gaps that the hops show
 * add up to what all of a probe's hops together do to that quantile; a gap
 * whose size nobody can tell has one that is not finite.
 */
void gap_fill(struct run *r, enum engine engine,
	      const struct gap_values *values, struct budget_facts *facts);

#endif
