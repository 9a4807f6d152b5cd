/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A local TCP port that is ours for the whole run, and the socket on it, which
 * connects again and again. The bypass engine's probes only need the port to be
 * nobody else's: the socket does not listen.
 *
 * One socket a port, never closed in between: connect() to AF_UNSPEC takes a
 * connection back at once, by a RST, and keeps a port that was bound by number
 * (tcp_disconnect(), net/ipv4/tcp.c).
 */
#ifndef XRTT_PROBE_TCP_PORT_H
#define XRTT_PROBE_TCP_PORT_H

#include "probe/plan.h"

/*
 * Binds `source`, the interface of its scope and port `number`, or a free one
 * that the kernel chooses if that is 0, with the plan's socket options. *number
 * is what it came to be. The socket or -errno; -EADDRINUSE: the port is
 * somebody's.
 */
int tcp_port_open(const struct plan *plan, const struct address *source,
		  uint16_t *number);

/* How many there may be, as each takes a file descriptor: at most `want`. */
unsigned int tcp_port_most(unsigned int want);

/* Why the first one could not be opened, into `why`. */
void tcp_port_explain(const struct plan *plan, const struct address *source,
		      int err, char *why);

/*
 * Sends a SYN and does not wait. 0, or -errno if none went out. The hooks are
 * on one interface, so it leaves by that, whatever has become of the route; a
 * reply may come in by any, unless the plan names one: a channel's socket does
 * the same.
 */
int tcp_port_connect(int fd, const struct plan *plan);

/* What came of it: 0 connected, else what connect() would have said. */
int tcp_port_result(int fd);

/* Back to where tcp_port_open() left it, on that interface; a connection ends
 * in a RST. */
void tcp_port_release(int fd, uint32_t ifindex);

#endif
