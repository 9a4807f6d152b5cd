/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reflector: a BPF program that answers STAMP requests on one interface.
 * User space only decides who may ask and reads the counters.
 */
#ifndef XRTT_PROBE_REFLECTOR_H
#define XRTT_PROBE_REFLECTOR_H

#include "door.h"
#include "model/preflight.h"
#include "probe/plan.h"
#include "probe/reflect_clock.h"

struct reflector;

struct reflector_plan {
	const char *ifname;
	const struct prefix *allow;
	size_t allows;
	uint16_t port;
	enum rx_hook hook;
	enum tc_attach tc;
	enum reflect_clock clock;
	uint64_t rate; /* answers per second and source */
	bool prepare;  /* native XDP may have its way with the interface */
	const struct tune_sink *sink; /* hears what was changed, or NULL */
	int stop_fd; /* once that can be read, nothing is waited for; -1 */
};

/*
 * Takes the UDP port, so that nobody else gets it and the host raises no ICMP
 * for what is not answered; loads and attaches. On failure NULL, *err is -errno
 * (-ENODEV: no such interface) and `why` is filled.
 */
struct reflector *reflector_open(const struct reflector_plan *plan, char *why,
				 int *err);
void reflector_close(struct reflector *reflector); /* NULL is fine */

/* "native XDP", "tcx" or "clsact"; and what it had to do without. */
const char *reflector_how(const struct reflector *reflector);
const struct fallbacks *reflector_fallbacks(const struct reflector *reflector);

/* What stood in the way on the interface; NULL is none. */
const struct preflight *reflector_preflight(const struct reflector *reflector);

/* Whether its stamps are the kernel's TAI, else MONOTONIC + offset. */
bool reflector_has_tai(const struct reflector *reflector);

/* Readable when this host's addresses may have changed, and when its clock was
 * stepped (-1: not to be had): reflector_refresh() then. */
int reflector_fd(const struct reflector *reflector);
int reflector_clock_fd(const struct reflector *reflector);

/* Brings addresses, and what the answers say of the clock, up to date. 0 or
 * -errno. */
int reflector_refresh(struct reflector *reflector);

void reflector_count(const struct reflector *reflector,
		     uint64_t count[DOOR_COUNTERS]);

#endif
