/* SPDX-License-Identifier: GPL-2.0-only */
/* A veth pair between two private network namespaces, with our reflector at its
 * far end. */
#ifndef XRTT_PROBE_NULL_BENCH_H
#define XRTT_PROBE_NULL_BENCH_H

#include "host/address.h"
#include "probe/reflector.h"

/* One end of the cable. */
struct null_end {
	const char *name;
	int netns;
	struct prefix prefix; /* its address and the other's */
	uint8_t mac[6];
};

struct null_bench {
	int home; /* where the calling thread came from */
	struct null_end near, far;
	struct reflector *reflector;
};

/* Leaves the calling thread in the near end's namespace. 0, or -errno with
 * `why` (WHY_SIZE octets) filled; to be closed either way. */
int null_bench_open(struct null_bench *b, char *why);

/* Probes by the socket engine from the near end to the far one; what else is
 * wanted is the caller's to change. Its strings are the bench's. */
struct plan null_bench_plan(const struct null_bench *b, span_t duration,
			    span_t interval);

/* Takes the calling thread home, where it may go there. */
void null_bench_close(struct null_bench *b);

#endif
