/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By how much CLOCK_MONOTONIC differs between two CPUs. Two threads, one on
 * each, hand a cache line to and fro and stamp it: A, B, A (model/offset.h).
 */
#ifndef XRTT_HOST_CPU_OFFSET_H
#define XRTT_HOST_CPU_OFFSET_H

#include "model/offset.h"
#include "model/result.h"
#include "model/time.h"

/* Takes `budget`, up to 40 ms more where CPUs are busy, and as long as it takes
 * to get them where real-time threads (CAP_SYS_NICE) are refused. 0; -EINVAL if
 * the CPUs are one and the same or this process may not use one of them; or
 * what offset_judge() says. */
int cpu_offset_measure(int cpu_a, int cpu_b, span_t budget,
		       struct offset_bounds *out);

/* Every CPU that is online, and that cpusets let this process use, against the
 * first of them, `budget` for them all; its affinity does not matter: stamps
 * are made wherever the kernel is. Fills all that tells of CPUs; one CPU has
 * the offset 0. */
void cpu_offset_survey(span_t budget, struct clock_reading *out);

#endif
