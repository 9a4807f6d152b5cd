/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run's samples, kept somewhere and collected once more: for one that was cut
 * short and never came to a result, and for verdicts with other places. No
 * error bars: what they are made of was measured and is gone.
 */
#ifndef XRTT_PROBE_REPLAY_H
#define XRTT_PROBE_REPLAY_H

#include "model/result.h"

struct replay;

struct replay_setup {
	mono_t origin;
	bool uses[ENGINES];
	struct wire_ends ends[ENGINES];
	unsigned int flows; /* 0: none were asked for */
	double bar_ns;	    /* of flows: tracks_watch() */
};

/* NULL: no memory. */
struct replay *replay_create(const struct replay_setup *setup);
void replay_destroy(struct replay *replay); /* NULL is allowed */

/* In sending order. 0, -ENOMEM, or -EINVAL: of an engine or a flow that there
 * is not. */
int replay_add(struct replay *replay, const struct sample *s);

/* Puts what the samples say into a result that has the hosts and, with both
 * engines, room for theirs. What it points to from then on is the replay's,
 * which must outlive it. 0 or -ENOMEM. */
int replay_fill(struct replay *replay, struct result *result);

/* The verdicts and all else that follows from result->distance; the same. */
void replay_judge(struct replay *replay, struct result *result);

#endif
