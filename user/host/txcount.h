/* SPDX-License-Identifier: GPL-2.0-only */
/* How many frames an interface has sent by its own count, cheaply, time and
 * again (sysfs takes no RTNL lock, as netlink would). */
#ifndef XRTT_HOST_TXCOUNT_H
#define XRTT_HOST_TXCOUNT_H

#include "host/iface.h"

/* A descriptor to read it by, the caller's to close; -errno, -EXDEV where
 * sysfs shows another namespace's interfaces. */
int txcount_open(const struct iface *iface);

/* 0 or -errno. */
int txcount_read(int fd, uint64_t *frames);

#endif
