/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By how much CLOCK_MONOTONIC differs between two CPUs. Two threads, one on
 * each, hand a cache line to and fro and stamp it: A, B, A. B's stamp was made
 * between A's two, so every exchange bounds the difference from both sides, and
 * the bounds of all of them hold at once.
 */
#ifndef XRTT_HOST_CPU_OFFSET_H
#define XRTT_HOST_CPU_OFFSET_H

#include "model/result.h"
#include "model/time.h"

struct cpu_offset {
	uint64_t exchanges;
	int64_t lo_ns; /* B's clock minus A's is at least that */
	int64_t hi_ns; /* and at most that */
};

/* Takes `budget`, up to 40 ms more where CPUs are busy, and as long as it takes
 * to get them where real-time threads (CAP_SYS_NICE) are refused. 0; -EINVAL if
 * the CPUs are one and the same or this process may not use one of them; -ETIME
 * with no exchange made; -ERANGE if no one difference explains them all, *out
 * then holding the widest bounds. */
int cpu_offset_measure(int cpu_a, int cpu_b, span_t budget,
		       struct cpu_offset *out);

/* Every CPU that is online, and that cpusets let this process use, against the
 * first of them, `budget` for them all; its affinity does not matter: stamps
 * are made wherever the kernel is. Fills all that tells of CPUs; one CPU has
 * the offset 0. */
void cpu_offset_survey(span_t budget, struct clock_reading *out);

#endif
