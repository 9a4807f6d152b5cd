/* SPDX-License-Identifier: GPL-2.0-only */
/* How sure the places of a run's hardware stamps were, in constant memory. */
#ifndef XRTT_MODEL_HWBAR_H
#define XRTT_MODEL_HWBAR_H

#include "model/time.h"

#define HWBAR_OCTAVE 8 /* classes to a doubling */
#define HWBAR_CLASSES (63 * HWBAR_OCTAVE + 1)

struct hwbar {
	uint64_t n;
	span_t max;
	uint64_t in_class[HWBAR_CLASSES];
};

void hwbar_init(struct hwbar *bars);

/* A bar below 0 is taken for 0. */
void hwbar_add(struct hwbar *bars, span_t bar);

/* 199 in 200 are not wider, to 9 % above and none below; 0 if there is none. A
 * quantile of the stamps is not off by more, but for a rank that half a percent
 * of them may shift. */
double hwbar_most(const struct hwbar *bars);

#endif
