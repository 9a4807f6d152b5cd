/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAI - MONOTONIC from readings of the clocks.
 *
 * The kernel keeps it as one whole number of nanoseconds (timekeeper.offs_tai =
 * offs_real + tai_offset seconds), which slewing leaves alone. So it is exactly
 * REALTIME - MONOTONIC (model/realmap.h) plus adjtimex's whole seconds; that
 * these two belong together shows in a reading of CLOCK_TAI itself between two
 * of MONOTONIC. Where they do not, or one is not to be had, that reading alone
 * says it, to half of what lies between the two.
 */
#ifndef XRTT_MODEL_TAIMAP_H
#define XRTT_MODEL_TAIMAP_H

#include <stdbool.h>
#include <stdint.h>

struct taimap_bracket {
	int64_t before; /* MONOTONIC */
	int64_t tai;
	int64_t after; /* MONOTONIC */
};

struct taimap {
	int64_t offset_ns;
	int64_t error_ns; /* the true one is no further away; 0: it is this */
};

/* `exact` is NULL where it could not be read. */
void taimap_combine(const struct taimap_bracket *bracket, const int64_t *exact,
		    struct taimap *out);

#endif
