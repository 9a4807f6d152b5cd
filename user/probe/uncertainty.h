/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run's error bars are made of: measured before its first probe, all
 * through it, and after its last. */
#ifndef XRTT_PROBE_UNCERTAINTY_H
#define XRTT_PROBE_UNCERTAINTY_H

#include "host/coalesce.h"
#include "host/discipline.h"
#include "host/steering.h"
#include "model/budget.h"
#include "model/prng.h"
#include "probe/hop.h"

struct run;

#define POLL_ROUNDS 1024

/* How long the rounds of polling were that packets came in: each in proportion
 * to its length, and of more than POLL_ROUNDS any with the same chance. */
struct poll_rounds {
	mono_t last; /* reading of the socket */
	span_t passed;
	uint64_t n;
	struct prng prng;
	double ns[POLL_ROUNDS];
};

/* After each reading. */
void poll_note(struct poll_rounds *p, mono_t now);

struct uncertainty {
	struct poll_rounds poll;
	struct discipline discipline;
	struct steering steering;
	struct clock_reading reading;
	struct moderation moderation;
	struct {
		double program[BUDGET_PROGRAMS];
		struct hop_result hop;
		int hop_error;
	} engine[ENGINES];
};

/* Before the first probe: takes a second at the most, and leaves no trace. */
void uncertainty_start(struct run *r);

/* Between probes, where there is room; whether it has read the clock. */
bool uncertainty_poll(struct run *r, mono_t now);

/* After the last probe. */
void uncertainty_end(struct run *r);

/* The clock's state and every duration's bars. 0 or -ENOMEM. */
int uncertainty_fill(struct run *r, enum engine engine, struct result *out);

/*
 * By how much two probes of one path may come out different, in ns: what their
 * budgets do not have in common, and by how much nine in ten hops are above the
 * least one, for each hop, as each flow may be received on a CPU of its own.
 * Without a result what is known before the run.
 */
double uncertainty_apart(const struct run *r, enum engine engine,
			 const struct result *result);

void uncertainty_release(struct run *r);

#endif
