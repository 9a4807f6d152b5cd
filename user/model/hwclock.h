/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an instant of the NIC's own clock (PHC) lies on CLOCK_MONOTONIC, and
 * how sure that is.
 *
 * A reading says: the NIC's clock showed `nic` at some moment between two
 * readings of ours; where in that bracket nobody knows (a PCIe read comes back
 * much later than it is answered, and always alike), so all of it counts.
 * Between two readings the map is the line through their brackets' middles. Its
 * bar is what the brackets allow there, and what the line's bends at either end
 * show: how far a reading lies from the line between those on its two sides.
 *
 * A bend beyond what the brackets and a change of rate of 2 ppm explain is a
 * step of the NIC's clock, or our own clock being pushed: what lies in a piece
 * that ends at such a bend has no place. A step that is undone before the next
 * reading is not seen.
 */
#ifndef XRTT_MODEL_HWCLOCK_H
#define XRTT_MODEL_HWCLOCK_H

#include "model/time.h"

/* An instant of the NIC's clock, whatever its zero. */
typedef struct {
	int64_t ns;
} nic_t;

/* At ten a second, the last 200 s: longer than any probe is watched. */
#define HWCLOCK_READINGS 2048

/* No stamp is older than this when the first hook sees its packet. */
#define HWCLOCK_REACH_NS NSEC_PER_SEC

struct hwclock_reading {
	mono_t before;
	mono_t after;
	nic_t nic;
};

struct hwclock {
	uint64_t count; /* of all that were added */
	uint64_t steps; /* bends beyond explanation, a step being one */
	bool is_bent;	/* the last reading but one was such a bend */
	struct hwclock_reading first;
	struct hwclock_reading at[HWCLOCK_READINGS];
};

/* Where a stamp lies: in [at - bar, at + bar], 95 %. */
struct hwclock_place {
	mono_t at;
	span_t bar;
	/* Readings on both sides of its piece have had their say; else another
	 * one may still show that it has no place. */
	bool is_settled;
};

void hwclock_init(struct hwclock *clock);

/* 0; -EINVAL, and nothing added, unless it was begun after the last one ended
 * and ended after it was begun. */
int hwclock_add(struct hwclock *clock, const struct hwclock_reading *reading);

/*
 * `seen` is when a later hook had the packet, so the place is not behind that;
 * of those that a clock which was set back shows twice it is the later. 0;
 * -EAGAIN if no reading follows the stamp yet; -ENOENT if it is of a time
 * without readings, or not of this clock; -EILSEQ at a step. *out is set on 0
 * only.
 */
int hwclock_locate(const struct hwclock *clock, nic_t stamp, mono_t seen,
		   struct hwclock_place *out);

/* Whether a stamp can be of this clock, if its packet came in after the first
 * reading's end and before the last one's begin. */
bool hwclock_spans(const struct hwclock *clock, nic_t stamp);

/* By how much CLOCK_MONOTONIC was faster than the NIC's clock from the first
 * reading to the last, in ppm; not finite with fewer than two, or a step. */
double hwclock_rate_ppm(const struct hwclock *clock);

#endif
