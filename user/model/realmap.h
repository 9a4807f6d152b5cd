/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moves a CLOCK_REALTIME stamp (SO_TIMESTAMPING's software stamps are) to
 * CLOCK_MONOTONIC, exactly.
 *
 * The kernel keeps REALTIME - MONOTONIC as one whole number of nanoseconds
 * (timekeeper.offs_real, minus wall_to_monotonic) and forms both coarse clocks
 * from the same last update under one sequence count: CLOCK_MONOTONIC_COARSE is
 * CLOCK_REALTIME_COARSE plus wall_to_monotonic, with equal nanoseconds before
 * the sum (kernel/time/timekeeping.c: ktime_get_coarse_ts64 and
 * ktime_get_coarse_real_ts64; kernel/time/vsyscall.c: update_vsyscall for
 * the vDSO). MONOTONIC never goes back, so two equal readings of its coarse
 * clock around one of REALTIME's mean that MONOTONIC had that value then, and
 * the difference is the offset in force at that moment.
 *
 * Slewing (adjtime, the PLL, frequency) moves both clocks alike and leaves the
 * offset alone; settimeofday, ADJ_SETOFFSET, a leap second and a suspend change
 * it: these are "steps".
 */
#ifndef XRTT_MODEL_REALMAP_H
#define XRTT_MODEL_REALMAP_H

#include "model/time.h"

enum realmap_clock {
	REALMAP_MONOTONIC_COARSE,
	REALMAP_REALTIME_COARSE,
};

/* Reads a clock in ns; 0 or -errno. */
typedef int realmap_clock_fn(void *context, enum realmap_clock which,
			     int64_t *ns);

/* Where readings come from, and how often they differed from the one before. */
struct realmap_source {
	realmap_clock_fn *read;
	void *context;
	bool has_last;
	span_t last;
	uint64_t steps;
};

/* One reading: REALTIME - MONOTONIC. */
struct realmap {
	span_t offset;
};

void realmap_init(struct realmap_source *source, realmap_clock_fn *read,
		  void *context);

/*
 * Takes a reading and counts a step if it differs from the last. 0, the clock
 * function's error, or -EAGAIN if the coarse clock moved during each of 16
 * tries (it moves once a tick, every 1 to 10 ms; a try is three reads); *out is
 * set on 0 only.
 */
int realmap_read(struct realmap_source *source, struct realmap *out);

/*
 * `before` was read before the stamped packet was sent, `after` once the stamp
 * had been fetched. False, *out untouched, if they differ: the stamp may be of
 * either side of the step. A step that is undone between the two is not seen.
 */
bool realmap_convert(const struct realmap *before, const struct realmap *after,
		     real_t stamp, mono_t *out);

#endif
