/* SPDX-License-Identifier: GPL-2.0-only */
/* The NIC's clock, read all through a run. */
#ifndef XRTT_PROBE_HWREAD_H
#define XRTT_PROBE_HWREAD_H

#include "host/phc.h"
#include "model/hwclock.h"

struct hwread {
	int phc;		 /* its descriptor, -1: none */
	struct phc_reading best; /* of `tries` */
	unsigned int tries;
	mono_t due;
	int64_t took; /* the longest of the last requests, ns */
	struct hwclock clock;
};

/* Nothing open yet. */
void hwread_init(struct hwread *read);

/* /dev/ptpINDEX, which must answer. 0 or -errno. */
int hwread_open(struct hwread *read, int index);
void hwread_close(struct hwread *read);

/* A reading at once, of four requests. */
void hwread_now(struct hwread *read);

/* One request of four for the next reading if it is due, at most 40 a second;
 * where there never is room before the next probe, all the same after a
 * while. */
void hwread_poll(struct hwread *read, mono_t now, bool has_room);

/* What that may take, as far as is known, in ns. */
int64_t hwread_room_ns(const struct hwread *read);

#endif
