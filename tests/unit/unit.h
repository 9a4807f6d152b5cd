/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the unit tests share: cmocka with its prerequisites, and a seed that is
 * printed and that XRTT_SEED sets.
 */
#ifndef XRTT_UNIT_H
#define XRTT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "model/prng.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A generator for one test; its seed is told as a TAP comment. */
static inline struct prng unit_prng(const char *test)
{
	const char *set = getenv("XRTT_SEED");
	uint64_t seed = set ? strtoull(set, NULL, 0) : 20261123;
	struct prng prng;

	printf("# %s: XRTT_SEED=%llu\n", test, (unsigned long long)seed);
	prng_init(&prng, seed);
	return prng;
}

/* Normal, mean 0 and deviation 1. */
static inline double unit_normal(struct prng *prng)
{
	double radius = sqrt(-2 * log(prng_unit(prng)));

	return radius * cos(2 * M_PI * prng_unit(prng));
}

#define assert_between(x, lo, hi) \
	do { \
		double x_ = (x), lo_ = (lo), hi_ = (hi); \
		if (!(x_ >= lo_ && x_ <= hi_)) { \
			print_error("%s is %.17g, not in [%.17g, %.17g]\n", \
				    #x, x_, lo_, hi_); \
			_fail(__FILE__, __LINE__); \
		} \
	} while (0)

#endif
