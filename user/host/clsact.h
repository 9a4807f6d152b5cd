/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cls_bpf filters on a clsact qdisc, for kernels before tcx. They outlive their
 * process, so each has an owner: an abstract Unix socket, which belongs to the
 * same network namespace as the filter and dies with the process. A filter of
 * ours whose owner is gone was left by a crash.
 *
 * One xrtt at a time makes or removes the qdisc; a stranger's filter added in
 * the instant between looking and removing would go with it.
 */
#ifndef XRTT_HOST_CLSACT_H
#define XRTT_HOST_CLSACT_H

#include <stdbool.h>
#include <stdint.h>

struct clsact_filter {
	int ifindex;
	bool egress;
	uint32_t handle;
	uint32_t priority;
	int owner; /* the socket */
};

/* 0 or -errno. */
int clsact_attach(int ifindex, bool egress, int prog_fd,
		  struct clsact_filter *out);

/* Removes the filter, and the qdisc if it was made here and is empty. */
void clsact_detach(struct clsact_filter *filter);

/* Removes what crashed runs left on the interface, and only that; returns how
 * many filters that were, or -errno. */
int clsact_sweep(int ifindex);

#endif
