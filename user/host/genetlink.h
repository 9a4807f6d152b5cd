/* SPDX-License-Identifier: GPL-2.0-only */
/* One question to the kernel's netdev family (Linux 6.3; the kernel's
 * Documentation/netlink/specs/netdev.yaml) and its answers. */
#ifndef XRTT_HOST_GENETLINK_H
#define XRTT_HOST_GENETLINK_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdint.h>

struct netdev_question {
	uint8_t command;
	uint16_t flags;	       /* NLM_F_DUMP, or 0 */
	uint16_t ifindex_attr; /* which attribute names the interface */
	int ifindex;
};

/* Hands each answer to `each`, as mnl_cb_run() does: attributes follow a struct
 * genlmsghdr. 0; -ENOENT where the kernel has no such family; or -errno. */
int netdev_ask(const struct netdev_question *question, mnl_cb_t each,
	       void *data);

#endif
