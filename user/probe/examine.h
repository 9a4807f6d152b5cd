/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that `xrtt doctor` looks at, in the order in which nothing spoils
 * what comes after it. */
#ifndef XRTT_PROBE_EXAMINE_H
#define XRTT_PROBE_EXAMINE_H

#include "model/doctor_host.h"
#include "probe/session.h"

struct examine_plan {
	/* NULL: the target's route's, or the default's, and then nothing is
	 * sent over it but probes to the target. */
	const char *ifname;
	const char *target;	      /* as typed, or NULL */
	uint16_t port;		      /* of the target */
	const struct tune_sink *sink; /* of the probes to the target */
	void *data;
	/* Before each part, in words; may be NULL. */
	void (*next)(void *data, const char *what);
};

/*
 * Takes about 4 s, 7 with a target. Nothing of the host is changed; a target
 * makes the interface a prober's for the time, as `xrtt probe` does.
 * SESSION_MEASURED and *out filled, what could not be looked at included; or
 * SESSION_BAD_ARGUMENT, SESSION_CANNOT with `why`.
 */
enum session_end examine(const struct examine_plan *plan, struct doctor *out,
			 char *why);

#endif
