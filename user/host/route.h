/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a packet to a destination would go, and to whom on the link. */
#ifndef XRTT_HOST_ROUTE_H
#define XRTT_HOST_ROUTE_H

#include "host/address.h"
#include "model/time.h"

struct route {
	int ifindex;
	struct address source;
	struct address next_hop; /* the destination itself if it is on-link */
	bool is_local;		 /* one of this host's own addresses */
};

/*
 * Asks the kernel. `source` may be NULL, `ifindex` 0, for its own choice.
 * 0, -ENETUNREACH or -EHOSTUNREACH if there is no route, or -errno.
 */
int route_lookup(const struct address *destination,
		 const struct address *source, int ifindex, struct route *out);

/*
 * Makes the kernel resolve a neighbour and waits for it, so that no probe pays
 * for ARP or neighbour discovery. 0 with the MAC (zeros where the link has
 * none), -EHOSTUNREACH if it does not answer in time, -EINTR once `stop_fd` can
 * be read (-1: none), or -errno.
 */
int neighbour_resolve(int ifindex, const struct address *next_hop,
		      span_t timeout, int stop_fd, uint8_t mac[6]);

#endif
