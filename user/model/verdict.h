/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two verdicts on a run: what the typical probe's time is made of, and where
 * the slowest lost theirs.
 *
 * level  Means over the middle fifth of the probes by round trip, so that they
 *        add up, each with its interval:
 *          distance     fibre_nominal, by the places' uncertainty
 *          detour       network's minimum less that, by both and the bar
 *          network      that minimum, where nobody said which places
 *          queueing     network less its minimum, by the sampling interval
 *          local_host   every stage of this host
 *          remote_host  what the far host held it
 *        What the bar takes from the network may have been the hosts'. The code
 *        is the part whose interval lies above one half, else "mixed".
 *
 * tail   Of the slowest 1 % (30 probes or more, else "unknown"): the side that
 *        holds over half of what they had beyond the stages' medians.
 */
#ifndef XRTT_MODEL_VERDICT_H
#define XRTT_MODEL_VERDICT_H

#include "model/joint.h"
#include "model/result.h"

#define VERDICT_TAIL_MIN 30

/* Fills level, parts, tail and slowest from the rest of the result and its
 * distance; to be released. Without memory they are unknown. */
void verdict_judge(struct result *r, const struct joint *probes);
void verdict_release(struct result *r);

const char *part_name(enum verdict_part which); /* "local_host" */

#endif
