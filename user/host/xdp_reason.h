/* SPDX-License-Identifier: GPL-2.0-only */
/* In the kernel's own words: why a driver refuses an XDP program. */
#ifndef XRTT_HOST_XDP_REASON_H
#define XRTT_HOST_XDP_REASON_H

#include <stddef.h>

/*
 * A link's attaching says an errno only; rtnetlink's has words (the extended
 * ack), so a program that a link was just refused for is offered again that
 * way. Should the driver take it this time, it is taken off at once. "" where
 * there are no words.
 */
void xdp_reason_ask(int ifindex, int prog_fd, char *text, size_t size);

#endif
