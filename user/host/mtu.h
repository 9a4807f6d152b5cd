/* SPDX-License-Identifier: GPL-2.0-only */
/* An interface's MTU. 0, -ENODEV, -EINVAL for what the driver refuses (too
 * much for its XDP program), -EPERM, or -errno. */
#ifndef XRTT_HOST_MTU_H
#define XRTT_HOST_MTU_H

#include "host/iface.h"

int mtu_read(int ifindex, uint64_t *value);
int mtu_write(int ifindex, uint64_t value);

/* IPv6's own, of which a router may have told (RFC 4861 section 4.6.4). Each
 * change of the interface's makes it the same as that (addrconf_notify(),
 * net/ipv6/addrconf.c). -ENOENT where the interface has no IPv6. */
int mtu_read_ip6(const char *ifname, uint64_t *value);
int mtu_write_ip6(const char *ifname, uint64_t value);

#endif
