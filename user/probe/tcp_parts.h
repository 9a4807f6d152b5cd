/* SPDX-License-Identifier: GPL-2.0-only */
/* A flow's TCP ports; private to tcp.c and tcp_open.c. */
#ifndef XRTT_PROBE_TCP_PARTS_H
#define XRTT_PROBE_TCP_PARTS_H

#include "probe/tcp.h"

struct port {
	int fd;
	uint16_t number;
	mono_t taken; /* 0: never */
	bool is_answered;
	bool is_watched;    /* in the set of epoll */
	bool is_connecting; /* or connected */
	uint32_t seq;	    /* the last probe's */
	enum engine engine;
};

struct tcp {
	struct port *port;
	unsigned int ports, max;
	unsigned int used; /* of these, ever */
	uint32_t ifindex;  /* SYNs and RSTs leave by that */
	uint32_t next;	   /* --source-port and those above it; 0: any */
	uint16_t *port_of; /* by sequence number & mask */
	uint32_t mask;
	uint64_t *rider; /* shared with the hooks, by port number */
	uint32_t isn;
	uint64_t syn_acks;
	uint64_t resets;
};

/* One more of them, its packets ours from then on. 0 or -errno;
 * -EADDRNOTAVAIL: there are no more. */
int tcp_add_port(struct run *r, struct flow *f);

#endif
