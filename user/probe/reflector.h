/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reflector: a BPF program that answers STAMP requests on one interface.
 * User space only decides who may ask and reads the counters.
 */
#ifndef XRTT_PROBE_REFLECTOR_H
#define XRTT_PROBE_REFLECTOR_H

#include "door.h"
#include "probe/plan.h"

struct reflector;

struct reflector_plan {
	const char *ifname;
	const struct prefix *allow;
	size_t allows;
	uint16_t port;
	enum rx_hook hook;
	enum tc_attach tc;
	uint64_t rate; /* answers per second and source */
};

/*
 * Takes the UDP port, so that nobody else gets it and the host raises no ICMP
 * for what is not answered; loads and attaches. On failure NULL, *err is -errno
 * (-ENODEV: no such interface) and `why` is filled.
 */
struct reflector *reflector_open(const struct reflector_plan *plan, char *why,
				 int *err);
void reflector_close(struct reflector *reflector); /* NULL is fine */

/* "native XDP", "tcx" or "clsact"; and why not XDP, NULL if it is. */
const char *reflector_how(const struct reflector *reflector);
const char *reflector_why_not_xdp(const struct reflector *reflector);

/* Readable when this host's addresses may have changed: reflector_refresh()
 * then. */
int reflector_fd(const struct reflector *reflector);

/* Brings addresses, and what the answers say of the clock, up to date. 0 or
 * -errno. */
int reflector_refresh(struct reflector *reflector);

void reflector_count(const struct reflector *reflector,
		     uint64_t count[DOOR_COUNTERS]);

#endif
