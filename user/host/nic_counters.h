/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a cloud counts against an instance: ENA's *_allowance_exceeded (Amazon's
 * "Monitor network performance for your instance"; ena_ethtool.c), in packets
 * since the driver was loaded.
 */
#ifndef XRTT_HOST_NIC_COUNTERS_H
#define XRTT_HOST_NIC_COUNTERS_H

#include "model/host_facts.h"

/* Takes one counter of ethtool -S if it is one of them: the first time as
 * `before` and `after`, from then on as `after`. */
void nic_counters_take(struct nic_facts *nic, const char *name, uint64_t value);

/* All of the interface's; called before and after a look. 0 or -errno as
 * host/ethtool.h; without any of them nic->counters stays 0. */
int nic_counters_read(struct nic_facts *nic);

#endif
