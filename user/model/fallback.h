/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was wanted and was not to be had: each step down that a run or the
 * reflector took by itself, and why. What was asked for by an option is none.
 */
#ifndef XRTT_MODEL_FALLBACK_H
#define XRTT_MODEL_FALLBACK_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which they are told. */
enum fallback_stage {
	FALLBACK_ENGINE, /* bypass to socket: --engine auto only */
	FALLBACK_TX,	 /* tcx to clsact, both directions */
	FALLBACK_DRV_TX, /* the driver's transmit stamp to TC egress's */
	FALLBACK_RX,	 /* native XDP to TC ingress */
	FALLBACK_HW_RX,	 /* the NIC's stamps, asked for, to the first hook's */
	FALLBACK_CLOCK,	 /* the kernel's TAI to MONOTONIC + offset */
	FALLBACK_STAGES,
};

#define FALLBACK_WHY 256

struct fallback {
	const char *wanted;
	const char *used; /* static, as is `wanted`; NULL: nothing fell back */
	char why[FALLBACK_WHY]; /* and what would mend it */
};

struct fallbacks {
	struct fallback at[FALLBACK_STAGES];
};

/* "engine", "tx", "drv_tx", "rx", "hw_rx" or "clock". */
const char *fallback_stage_name(enum fallback_stage stage);

/* Sets a stage's step; `why` is copied, cut where it does not fit. */
void fallback_set(struct fallback *step, const char *wanted, const char *used,
		  const char *why);

#endif
