/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This host's TCP connections to an address, as the kernel's sock_diag has them
 * (linux/inet_diag.h, linux/tcp.h): of this network namespace, whoever's they
 * are; takes no privilege.
 */
#ifndef XRTT_HOST_TCP_DIAG_H
#define XRTT_HOST_TCP_DIAG_H

#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "host/address.h"
#include "model/flows.h"

/*
 * Those that are or were established and are not over, over IPv4 also sockets
 * of IPv6 that speak it (::ffff:a.b.c.d), in *out, to be freed, *n of them, by
 * local port. `flow_class` is -1. 0; -ENOENT where the kernel has no sock_diag
 * for TCP; or -errno.
 */
int tcp_diag_connections(const struct address *to, struct mine **out,
			 size_t *n);

/* One answer of the kernel's. False where it is no connection to that address,
 * or says nothing of its round trips. */
bool tcp_diag_parse(const struct nlmsghdr *answer, const struct address *to,
		    struct mine *out);

#endif
