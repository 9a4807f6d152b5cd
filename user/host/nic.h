/* SPDX-License-Identifier: GPL-2.0-only */
/* What an interface is and how it is set up; asking changes nothing. */
#ifndef XRTT_HOST_NIC_H
#define XRTT_HOST_NIC_H

#include "host/iface.h"
#include "model/host_facts.h"

/* Everything but the counters (host/nic_counters.h). What the driver or the
 * kernel does not tell stays unknown. */
void nic_read(const struct iface *iface, struct nic_facts *out);

/* The interface that packets to nowhere in particular would leave by: the
 * default route's, IPv4 before IPv6. 0 or -ENOENT. */
int nic_find(struct iface *out);

#endif
