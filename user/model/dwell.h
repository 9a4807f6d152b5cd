/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long something lasts, where not all of it was seen.
 *
 * The mean is the time seen per end seen: whether the beginning was seen does
 * not matter to it where an end is as likely at any time, which it supposes,
 * and so does its interval, exact 95 % for so many ends of a Poisson process
 * (Garwood, Biometrika 28, 1936). No end: no mean, and no upper end.
 *
 * The median supposes nothing (Kaplan and Meier, JASA 53, 1958), and so counts
 * only what was seen to begin; it is unknown while over half of it lasts on.
 */
#ifndef XRTT_MODEL_DWELL_H
#define XRTT_MODEL_DWELL_H

#include "model/flows.h"

struct dwell_span {
	double seconds; /* seen of it */
	bool begun;	/* in that time, as far as was seen, */
	bool ended;
};

/* Sorts `span`. */
void dwell_estimate(struct dwell_span *span, size_t n, struct dwell *out);

#endif
