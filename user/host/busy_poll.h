/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A socket that polls its interface's NAPI itself (the kernel's
 * Documentation/networking/napi.rst): recv and poll on it then run the driver's
 * receive, XDP programs included, in the caller's context.
 */
#ifndef XRTT_HOST_BUSY_POLL_H
#define XRTT_HOST_BUSY_POLL_H

#include "host/iface.h"
#include "host/tune_sink.h"

struct busy_poll {
	bool polls; /* SO_BUSY_POLL: 50 µs where recv blocks, else one round */
	bool prefers; /* SO_PREFER_BUSY_POLL (5.11): over interrupts */
	bool budgets; /* SO_BUSY_POLL_BUDGET: 64 packets a round */
};

/* Sets the three and says which the kernel refused, and why; what took is what
 * the kernel answers when asked afterwards. `ifname` is for the lines only. */
struct busy_poll busy_poll_set(int fd, const char *ifname,
			       const struct tune_sink *sink);

/*
 * Whether there is NAPI on the interface that the socket can poll: the kernel's
 * own list (netlink family netdev, Linux 6.8) has an instance with an id, or a
 * packet that the socket received bears one (SO_INCOMING_NAPI_ID). 0 if so;
 * -EOPNOTSUPP if not; -EAGAIN if only a received packet will tell.
 */
int busy_poll_probe(const struct iface *iface, int fd);

#endif
