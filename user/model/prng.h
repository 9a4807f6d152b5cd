/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pseudo-random numbers that a printed seed reproduces: xoshiro256** (Blackman
 * and Vigna, "Scrambled linear pseudorandom number generators", 2021), its
 * state filled by splitmix64. Not for secrets.
 */
#ifndef XRTT_MODEL_PRNG_H
#define XRTT_MODEL_PRNG_H

#include <stdint.h>

struct prng {
	uint64_t state[4];
};

void prng_init(struct prng *prng, uint64_t seed);
uint64_t prng_next(struct prng *prng); /* 64 random bits */

/* Uniform in 0 .. limit - 1; 0 if limit is 0. */
uint64_t prng_below(struct prng *prng, uint64_t limit);

/* Uniform in (0, 1]: its logarithm is finite. */
double prng_unit(struct prng *prng);

#endif
