/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel lets this process do with BPF. Files are read below `root`,
 * "" for the running system: sys/kernel/security/lockdown (its brackets mark
 * what holds), sys/kernel/btf/vmlinux, proc/sys, proc/self/status.
 */
#ifndef XRTT_HOST_KERNEL_H
#define XRTT_HOST_KERNEL_H

#include "model/host_facts.h"

/* `memlock_counts` is tried: this process lowers its own soft limit to nothing
 * for the making of one map, and sets it back. */
void kernel_read(const char *root, struct kernel_facts *out);

/* Clocksources: sys/devices/system/clocksource/clocksource0. */
void clocksource_read(const char *root, struct timekeeping_facts *out);

#endif
