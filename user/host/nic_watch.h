/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of an interface's counters of trouble (drops, errors, allowances
 * exceeded) change while one looks: the kernel's own of the interface, from
 * sysfs, and the driver's, as ethtool -S has them. A look asks the driver under
 * the RTNL lock: not for the thread that measures.
 */
#ifndef XRTT_HOST_NIC_WATCH_H
#define XRTT_HOST_NIC_WATCH_H

#include "host/iface.h"

struct nic_watch;

struct nic_change {
	const char *name; /* the watch's own */
	uint64_t from;
	uint64_t to;
};

/* Takes them as they are now. NULL: no memory. */
struct nic_watch *nic_watch_open(const struct iface *iface);
void nic_watch_close(struct nic_watch *watch); /* NULL is allowed */

/* Calls `each` for every one that is not as the last look had it. What cannot
 * be read just now has not changed. */
void nic_watch_look(struct nic_watch *watch,
		    void (*each)(void *data, const struct nic_change *change),
		    void *data);

/* Whether a counter of that name tells of trouble. What XDP programs have
 * dropped is none: the bypass engine's own drops its answers. */
bool nic_watch_wants(const char *name);

#endif
