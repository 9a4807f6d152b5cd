/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Setting up a link of this program's own, in the calling thread's network
 * namespace; never one that was there before, for which there is only waiting.
 * 0, -ENODEV if there is no
 * such link, -EPERM, or -errno.
 */
#ifndef XRTT_HOST_LINK_H
#define XRTT_HOST_LINK_H

#include "host/address.h"
#include "host/iface.h"
#include "host/tune_sink.h"
#include "model/time.h"

/* No IPv6 address that nobody asked for, and so no router solicitation, no
 * duplicate detection and no group report: a quiet link. Before it is up. */
int link_hush(const char *name);

/* Up, and carrier: -ETIMEDOUT where it does not come in time, as it does not
 * while a veth's other end is down; it is up all the same. */
int link_set_up(const char *name, span_t patience);

/*
 * Waits for a carrier that is expected back: its driver has been made to
 * restart. What there was to wait is said, and is in *away, 0 if nothing. 0,
 * -ETIMEDOUT (said too), -EINTR once `stop_fd` can be read (-1: none), -ENODEV,
 * or -errno.
 */
int link_await_carrier(const struct iface *iface, span_t patience,
		       const struct tune_sink *sink, int stop_fd, span_t *away);

/* The address, and a route to the others of its prefix. */
int link_add_address(const char *name, const struct prefix *prefix);

/* Who answers for an address, for good, so that nobody has to ask. */
int link_add_neighbour(const char *name, const struct address *address,
		       const uint8_t mac[6]);

#endif
