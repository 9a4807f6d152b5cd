/* SPDX-License-Identifier: GPL-2.0-only */
/* The facts of an interface that pre-flight judges (model/preflight.h). Only
 * reads. */
#ifndef XRTT_HOST_PREFLIGHT_H
#define XRTT_HOST_PREFLIGHT_H

#include <libmnl/libmnl.h>

#include "host/iface.h"
#include "model/preflight.h"

/* Fills all but what was asked for (wanted, may_prepare) and what an attempt
 * has shown. What cannot be read is as if it were not there. 0, -ENODEV, or
 * -errno. */
int preflight_read(const struct iface *iface, struct preflight_facts *out);

/* What a link's RTM_NEWLINK message says of it: its names are the calling
 * thread's namespace's. `peer_netns` is its other end's, -1 for ours. */
struct preflight_link {
	struct preflight_facts *facts;
	int master, lower;
	int lower_netns;
};
int preflight_link_read(const struct nlmsghdr *nlh, void *link);

#endif
