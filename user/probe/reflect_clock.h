/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reflector's clock, as its program knows it (include/door.h).
 *
 * With the kernel's TAI a stamp follows a step of the clock at once, also one
 * between the two of an answer, about 1 us, whose difference then has it.
 * Without it, it is MONOTONIC plus an offset that is kept here. Slewing moves
 * both alike, so that offset is exact between steps: nothing has to be
 * corrected, steps only have to be noticed. What holds then:
 *
 * - both stamps of an answer have the same offset: no step, and nothing that is
 *   done here, is ever in their difference;
 * - until a step is noticed stamps, and with them their Error Estimate, are of
 *   the clock as it was before the step, so they are as far off as that clock
 *   was and no further. A step that the kernel tells of is noticed as soon as
 *   the process runs, one of ADJ_TAI at the next refresh;
 * - an Error Estimate is never another offset's: before the offset changes, and
 *   until the answers that had the old one are gone, it is the format's largest
 *   and S is clear;
 * - where nobody refreshes for REFLECT_CLOCK_LEASE_NS, or TAI leaves the time
 *   from the last refresh to then, it is that too.
 */
#ifndef XRTT_PROBE_REFLECT_CLOCK_H
#define XRTT_PROBE_REFLECT_CLOCK_H

#include <stdint.h>

#include "door.h"
#include "model/fallback.h"
#include "model/time.h"

#define REFLECT_CLOCK_LEASE_NS (3 * NSEC_PER_SEC)

enum reflect_clock {
	REFLECT_CLOCK_AUTO,   /* the kernel's TAI, where it has the helper */
	REFLECT_CLOCK_TAI,    /* that or nothing */
	REFLECT_CLOCK_OFFSET, /* MONOTONIC + offset */
};

/*
 * Finds out whether the program may call the helper, by loading one that does.
 * 0 and *has_tai, `step` being set if AUTO had to do without; -EOPNOTSUPP if
 * only TAI would do; -EPERM.
 */
int reflect_clock_choose(enum reflect_clock wanted, uint32_t *has_tai,
			 struct fallback *step);

/* Brings it up to date; once a second and after each step. Takes some 20 us, 2
 * ms where the offset has changed. */
void reflect_clock_refresh(volatile struct reflector_clock *known,
			   uint32_t has_tai);

#endif
