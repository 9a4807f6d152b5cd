/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPU for a thread that spins or must not be late. */
#ifndef XRTT_HOST_CPU_H
#define XRTT_HOST_CPU_H

#include "host/cpu_pick.h"
#include "host/iface.h"

/*
 * One that the calling thread may run on (its affinity; where nobody has
 * narrowed that, isolated CPUs too, if the cpuset has them), that is online,
 * and that does not receive for the interface and has no work already, as far
 * as there is a choice; looking takes 100 ms
 * (cpu_pick.h). The interface's interrupts are those that its device owns
 * (msi_irqs) or whose name in /proc/interrupts has the interface's; where each
 * goes is what the kernel says it made of the affinity. Nothing is changed:
 * pinning is the caller's to do. `how` gets the reason: "RX interrupts are
 * taken on 0". The CPU, or -errno.
 */
int cpu_choose(const struct iface *iface, char *how, size_t size);

/* What that choice is made from. 0 or -errno. */
int cpu_facts_read(const struct iface *iface, struct cpu_facts *out);

#endif
