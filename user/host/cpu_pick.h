/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU suits a thread that spins, from what is known of each. No I/O. */
#ifndef XRTT_HOST_CPU_PICK_H
#define XRTT_HOST_CPU_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's own largest CONFIG_NR_CPUS. */
#define CPU_MAX 8192

struct cpu_set {
	unsigned long word[CPU_MAX / (8 * sizeof(long))];
};

struct cpu_facts {
	struct cpu_set allowed; /* and online */
	struct cpu_set isolated;
	struct cpu_set interrupted; /* takes RX interrupts of the interface */
	struct cpu_set steered;	    /* RPS sends its packets there */
	struct cpu_set busy;	    /* has work already */
	struct cpu_set sibling;	    /* shares a core with an interrupted one */
	struct cpu_set local;	    /* to the interface; empty: not known */
	bool interrupts_known;
};

void cpu_set_add(struct cpu_set *set, unsigned int cpu);
bool cpu_set_has(const struct cpu_set *set, unsigned int cpu);
unsigned int cpu_set_count(const struct cpu_set *set);

/* into &= with; into |= with; into &= ~with. */
void cpu_set_and(struct cpu_set *into, const struct cpu_set *with);
void cpu_set_or(struct cpu_set *into, const struct cpu_set *with);
void cpu_set_without(struct cpu_set *into, const struct cpu_set *with);

/* "0-3,8", as in cpuset(7)'s list format, or its mask format "ff,0000000f".
 * The empty text is the empty set. 0, or -EINVAL and the set is empty. */
int cpu_set_parse_list(const char *text, struct cpu_set *out);
int cpu_set_parse_mask(const char *text, struct cpu_set *out);

/* "0-3,8"; cut short with "..." where it does not fit. */
void cpu_set_format(const struct cpu_set *set, char *text, size_t size);

/*
 * A line of /proc/interrupts: the number if it is one of a device, else -1; its
 * name is the rest of the line after the controller and the hardware's number,
 * or "".
 */
int interrupt_parse(const char *line, char *name, size_t size);

/* Whether an interrupt of a network device can be about received packets, from
 * its name: one that says tx or output and not rx, or is for control, cannot.
 */
bool interrupt_is_rx(const char *name);

/*
 * Best first: takes no RX interrupt, is not steered to, is not busy, is
 * isolated, does not share a core with one that takes them, is local to the
 * device, is not CPU 0, and the highest number. `how` gets the reason in words.
 * -ENOENT if no CPU is allowed.
 */
int cpu_pick(const struct cpu_facts *facts, char *how, size_t size);

#endif
