/* SPDX-License-Identifier: GPL-2.0-only */
/* One rtnetlink question and its answers, over libmnl. */
#ifndef XRTT_HOST_NETLINK_H
#define XRTT_HOST_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdint.h>

#define NETLINK_BUFFER 8192

/* Starts a request of `type` in buf (NETLINK_BUFFER octets), with an ack asked
 * for unless `flags` has NLM_F_DUMP. */
struct nlmsghdr *netlink_request(char *buf, uint16_t type, uint16_t flags);

/*
 * Sends the request and hands each answer to `each` (may be NULL), as
 * mnl_cb_run() does. 0, or -errno: the kernel's own refusal included.
 */
int netlink_ask(struct nlmsghdr *request, mnl_cb_t each, void *data);

/* The same for a dump on another bus (NETLINK_SOCK_DIAG): a refusal that only
 * the dump's end tells is an error too. */
int netlink_dump(int bus, struct nlmsghdr *request, mnl_cb_t each, void *data);

/* Attributes of a message after a fixed header of `header` octets, by type;
 * those above `max` are left out. `table` has max + 1 entries. */
void netlink_attributes(const struct nlmsghdr *message, size_t header,
			const struct nlattr **table, unsigned int max);

/* The text of that type among those that `nest` holds, "" where there is none;
 * `nest` may be NULL. As long as the message lasts. */
const char *netlink_nested_text(const struct nlattr *nest, uint16_t type);

#endif
