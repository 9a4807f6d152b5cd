/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who disciplines CLOCK_MONOTONIC, and what bounds its rate error over a run:
 * what the user gave; or the better of chronyd's own figures and of the NIC's
 * clock, where there is one that is disciplined; or 50 ppm. Asked at the run's
 * start and end only.
 */
#ifndef XRTT_HOST_DISCIPLINE_H
#define XRTT_HOST_DISCIPLINE_H

#include "host/chrony.h"
#include "host/phc.h"
#include "model/result.h"

struct discipline_options {
	const char *ifname;  /* whose PHC; NULL for none */
	double clock_ppm;    /* the user's bound; 0: none given */
	const char *chronyc; /* NULL: where distributions put it */
};

/* What was found out; 0 and false stand for nothing. */
struct discipline_evidence {
	double clock_ppm;
	bool kernel_synchronised; /* at both ends of the run */
	int tai_offset_s;
	const char *daemon; /* a name, static */
	bool has_chrony;    /* synchronised at both ends of the run */
	struct chrony_tracking chrony[2];
	bool has_phc;
	struct phc_slope phc;
};

struct discipline {
	struct discipline_evidence evidence;
	const char *chronyc;
	int phc;
	bool has_first;
	struct phc_reading first; /* of the PHC */
};

/* Each takes a few ms, 1.1 s where chronyc hangs. The second releases what the
 * first took; both cannot fail, at worst they find nothing. */
void discipline_start(struct discipline *d, const struct discipline_options *o);
void discipline_end(struct discipline *d);

/* What that and the steering seen say: fills `out` but for realtime_steps and
 * reading. Before the end it goes by what the start has shown. Pure. */
void discipline_judge(const struct discipline_evidence *e,
		      const struct clock_steering *steering,
		      struct clock_state *out);

#endif
