/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches how CLOCK_MONOTONIC is pushed while a run goes on: a reading at most
 * every 100 ms, of 1 to 5 us. For one thread; memory is constant.
 */
#ifndef XRTT_HOST_STEERING_H
#define XRTT_HOST_STEERING_H

#include "model/steering.h"

#define STEERING_INTERVAL_NS (100 * NSEC_PER_MSEC)
#define STEERING_ROOM_NS (10 * NSEC_PER_USEC) /* what a poll may take */

struct steering {
	struct steering_track track;
	mono_t due;
	int64_t narrowest; /* width of a bracket so far */
};

/* Takes the first reading; `origin` is the run's. */
void steering_start(struct steering *s, mono_t origin);

/* When the next reading is due: do not sleep far beyond it, an event is dated
 * as well as the readings about it are close. */
mono_t steering_due(const struct steering *s);

/* Takes a reading if one is due, and tells whether: track.last. */
bool steering_poll(struct steering *s, mono_t now);

/* Takes a reading and tells what all of them say; as often as wanted. */
void steering_report(struct steering *s, struct clock_steering *out);

#endif
