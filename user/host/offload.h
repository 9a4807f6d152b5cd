/* SPDX-License-Identifier: GPL-2.0-only */
/* What an interface's hardware does to received packets: the features that
 * `ethtool -k` lists, by the kernel's names (net/ethtool/common.c). */
#ifndef XRTT_HOST_OFFLOAD_H
#define XRTT_HOST_OFFLOAD_H

#include <stdbool.h>
#include <stdint.h>

#define OFFLOAD_LRO "rx-lro"
#define OFFLOAD_GRO_HW "rx-gro-hw"

/* 0 with 0 or 1; -EOPNOTSUPP where the kernel has no such feature, or -errno.
 */
int offload_read(const char *ifname, const char *feature, uint64_t *is_on);

/* Whether it is as it is and no ethtool -K changes it; false where that cannot
 * be read. */
bool offload_is_fixed(const char *ifname, const char *feature);

/* 0, also where the driver made something else of it: read again. -EOPNOTSUPP
 * where it is fixed, or -errno. */
int offload_write(const char *ifname, const char *feature, uint64_t on);

#endif
