/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The receive hook that brings the NIC's stamps along (include/nic.h), in place
 * of the prober's own on the same interface, over the same maps.
 */
#ifndef XRTT_PROBE_HWPROG_H
#define XRTT_PROBE_HWPROG_H

#include "host/hook.h"
#include "nic.h"

struct hwprog;

/* The prober's, whose fds it takes; all stay the prober's. */
struct hwprog_maps {
	int ports;
	int sessions;
	int slots;
	int records;
	int counters;
};

/*
 * Loads it bound to the interface, never attached yet. NULL where it cannot be
 * had, and *why (static) says why not: an older kernel, one without BTF, too
 * few privileges.
 */
struct hwprog *hwprog_open(const struct iface *iface,
			   const struct hwprog_maps *maps, const char **why);

/* NULL is fine. */
void hwprog_close(struct hwprog *prog);

int hwprog_fd(const struct hwprog *prog);

void hwprog_state(const struct hwprog *prog, struct nic_state *out);

#endif
