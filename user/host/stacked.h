/* SPDX-License-Identifier: GPL-2.0-only */
/* The interfaces that stand on another: VLANs, macvlans and the like. */
#ifndef XRTT_HOST_STACKED_H
#define XRTT_HOST_STACKED_H

#include <stdint.h>

#define STACKED_UPPERS 16

/* The indices of those of this network namespace with an MTU above the one
 * given; a veth's other end is none. How many, -E2BIG, or -errno. */
int stacked_above(int ifindex, uint32_t mtu, int out[STACKED_UPPERS]);

#endif
