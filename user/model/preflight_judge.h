/* SPDX-License-Identifier: GPL-2.0-only */
/* How findings are made; private to preflight.c and preflight_around.c. */
#ifndef XRTT_MODEL_PREFLIGHT_JUDGE_H
#define XRTT_MODEL_PREFLIGHT_JUDGE_H

#include "model/preflight.h"

#define ALL (PREFLIGHT_XDP | PREFLIGHT_BYPASS | PREFLIGHT_REFLECT)

struct judge {
	const struct preflight_facts *facts;
	struct preflight *out;
};

/* One more; that it blocks what nobody wants only makes it a note. */
__attribute__((format(printf, 4, 5))) struct preflight_finding *
preflight_add(const struct judge *j, const char *id, unsigned int blocks,
	      const char *format, ...);

__attribute__((format(printf, 2, 3))) void
preflight_fix(struct preflight_finding *f, const char *format, ...);

/* Not for what a run wants, but for what its stamps mean. */
void preflight_cost(struct preflight_finding *f);

/* Everything that is not the driver's refusal. */
void preflight_judge_around(const struct judge *j);

#endif
