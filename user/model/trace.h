/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Samples in time order, in bounded memory: whole, all of them, up to `bound`;
 * then every 2nd, 4th, ... in units of 64 ns, half a word each, for their
 * memory alone. What is over 137 s from the first sample counts as that far.
 */
#ifndef XRTT_MODEL_TRACE_H
#define XRTT_MODEL_TRACE_H

#include <stdbool.h>

#include "model/interval.h"

struct trace {
	size_t bound; /* whole: of samples; thinned: of entries */
	uint64_t stride;
	size_t n, room;
	int64_t *whole; /* NULL once thinned */
	int32_t *thinned;
	int64_t zero;
};

void trace_init(struct trace *t, size_t bound);
void trace_release(struct trace *t);

/* One more, while whole and n < bound. 0, or -ENOMEM with it not added. */
int trace_add(struct trace *t, int64_t x);

/* From whole to thinned, which takes half of the memory. 0, or -ENOMEM with
 * nothing changed. */
int trace_shrink(struct trace *t);

/* Sample number `at` (0 is the run's first), once thinned: kept or not. */
void trace_pass(struct trace *t, uint64_t at, int64_t x);

/* Of the indicator x <= limit; thinned, `limit` is the last value of a bin of
 * model/histogram.h. */
void trace_batch(const struct trace *t, int64_t limit, struct batches *out);

#endif
