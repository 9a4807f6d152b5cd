/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes as a long run has them, from a seed: a path with three level shifts
 * (-17 ms, +4 ms, -30 us), noise with memory, a tail to 1 s, hosts with tails
 * of their own; losses in bursts, replies overtaken, duplicates, late ones, and
 * a reflector that numbers what reaches it.
 */
#ifndef XRTT_BENCH_COLLECTOR_LOAD_H
#define XRTT_BENCH_COLLECTOR_LOAD_H

#include "model/prng.h"
#include "model/sample.h"

#define LOAD_START_NS (1000 * NSEC_PER_SEC) /* when the first is due */

struct load {
	struct prng prng;
	enum engine engine;
	uint64_t planned;     /* probes in all, for where the shifts are */
	uint64_t one_in_tail; /* probes that take up to 1 s */
	uint64_t made;
	int64_t interval_ns;
	double noise;	     /* of the path, with memory */
	unsigned int losing; /* probes left of a burst of losses */
	uint32_t numbered;
};

/* `planned` and `one_in_tail` being set. */
void load_init(struct load *load, enum engine engine, uint64_t seed);

/* The next `n` probes in sending order. */
void load_fill(struct load *load, struct sample *out, size_t n);

/* Whether a reply of it came at all. */
bool load_is_answered(const struct sample *s);

#endif
