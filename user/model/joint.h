/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stages of whole probes, kept together, in bounded memory: all of them up
 * to `bound`, then every 2nd, 4th, ... A distribution of each stage alone
 * cannot say what the slow probes had in common.
 */
#ifndef XRTT_MODEL_JOINT_H
#define XRTT_MODEL_JOINT_H

#include "model/sample.h"

#define JOINT_BOUND 16384 /* 1 MiB */

struct joint;

/* NULL: no memory. */
struct joint *joint_create(size_t bound);
void joint_destroy(struct joint *j);

/* A probe that has all of its stages; those not in `have` (bit 1 << enum stage)
 * do not arise in this run and count as 0. Where memory is short it keeps fewer
 * of them. */
void joint_add(struct joint *j, const span_t stage[STAGES], unsigned int have);

/* Means, in ns; they add up to `total`. */
struct joint_means {
	uint64_t n; /* of so many probes; 0: nothing below means anything */
	double total;
	double stage[STAGES];
};

/* Of the middle fifth by the sum of the stages: the typical probe. 0 or
 * -ENOMEM. */
int joint_middle(const struct joint *j, struct joint_means *out);

/* Of the slowest 1 %: what each stage had beyond its own median over all
 * probes. 0 or -ENOMEM. */
int joint_tail(const struct joint *j, struct joint_means *out);

#endif
