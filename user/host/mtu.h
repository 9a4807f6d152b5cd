/* SPDX-License-Identifier: GPL-2.0-only */
/* An interface's MTU. 0, -ENODEV, -EINVAL for what the driver refuses (too
 * much for its XDP program), -EPERM, or -errno. */
#ifndef XRTT_HOST_MTU_H
#define XRTT_HOST_MTU_H

#include "host/iface.h"

int mtu_read(int ifindex, uint64_t *value);
int mtu_write(int ifindex, uint64_t value);

#endif
