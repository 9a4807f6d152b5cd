/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPUs have work already. */
#ifndef XRTT_HOST_CPU_BUSY_H
#define XRTT_HOST_CPU_BUSY_H

#include "host/cpu_pick.h"
#include "model/time.h"

/* Those that were not idle for a fifth or more of `over`, by /proc/stat, which
 * counts in ticks: not below 50 ms. None where it cannot be read. */
void cpu_busy_read(span_t over, struct cpu_set *out);

#endif
