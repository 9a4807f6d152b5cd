/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The difference of two clocks from exchanges: A is read, then B, then A again.
 * B's stamp was made between A's two, so each bounds the difference B - A from
 * both sides, and the bounds of all hold at once if it is one difference.
 */
#ifndef XRTT_MODEL_OFFSET_H
#define XRTT_MODEL_OFFSET_H

#include <stdint.h>

#include "model/time.h"

struct offset_bounds {
	int64_t lo_ns;
	int64_t hi_ns;
};

struct offset {
	uint64_t exchanges;
	struct offset_bounds all; /* lo > hi: no one difference explains them */
	struct offset_bounds hull[64]; /* by log2 of A's two readings' gap */
};

void offset_init(struct offset *o);

void offset_note(struct offset *o, mono_t before, int64_t stamp_ns,
		 mono_t after);

/*
 * What they say. 0; -ETIME if there was none; -ERANGE if no one difference
 * explains them all, *out then holding what the shortest of them say together,
 * all that are up to four times as long as the shortest and none that is eight
 * times: in a longer one somebody was away, and it says nothing that they
 * don't.
 */
int offset_judge(const struct offset *o, struct offset_bounds *out);

#endif
