/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the CPUs do when nobody needs them, and who takes them away. Files are
 * read below `root`, "" for the running system: sys/devices/system/cpu
 * (Documentation/admin-guide/pm/{cpuidle,cpufreq}.rst) and proc/stat.
 */
#ifndef XRTT_HOST_PROCESSOR_H
#define XRTT_HOST_PROCESSOR_H

#include "host/iface.h"
#include "model/host_facts.h"

/* CPU time since the boot, all CPUs together, in clock ticks. */
struct cpu_time {
	bool known;
	int64_t all;
	int64_t stolen;
};

void cpu_time_read(const char *root, struct cpu_time *out);

/* Sleep states, frequency, isolation. */
void processor_read(const char *root, struct processor_facts *out);

/* What was stolen between two readings. */
void processor_take_time(struct processor_facts *out,
			 const struct cpu_time *before,
			 const struct cpu_time *after);

/* The CPU that the bypass engine would get, and the interface's interrupts;
 * takes 100 ms (host/cpu.h). */
void processor_read_runner(const struct iface *iface,
			   struct processor_facts *out);

#endif
