/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The quantiles of "network" between two level shifts (model/shift.h).
 *
 * Up to `bound` samples are kept as they are, in time order. With the next one
 * three of four are given up, their minimum passed on to their neighbour, and
 * from then on bound / 4 to bound / 2 are kept: n, mean and quantiles of a
 * segment are those of every fourth, eighth, ... sample then; its min is always
 * that of all.
 *
 * Blocks for the search hold a quarter of a second and at least 8 samples, and
 * a thousandth of the run where that is more: about 10 s of a run of 3 h.
 */
#ifndef XRTT_MODEL_SEGMENT_H
#define XRTT_MODEL_SEGMENT_H

#include "model/histogram.h"
#include "model/result.h"

#define SEGMENTER_BOUND ((size_t)1 << 18)

struct segmenter;

/* `bound` of 0 stands for SEGMENTER_BOUND; the least is 64, and it is rounded
 * down to a multiple of four. 24 octets a sample, growing as it fills: 6 MiB at
 * most by default, 3 MiB past the bound. NULL: no memory. */
struct segmenter *segmenter_create(size_t bound);
void segmenter_destroy(struct segmenter *g); /* NULL is allowed */

/* In sending order; `offset` is when the probe was due, since the run's origin.
 * 0, or -ENOMEM with the sample not counted. */
int segmenter_add(struct segmenter *g, span_t offset, span_t network);

/*
 * The segments in *out, *n of them, to be released with free(): NULL and 0 for
 * a run without a shift, else two at least, that touch: one ends where the next
 * begins, with the due time of its first probe; the last ends with its last
 * probe. Each one's `network` is as distribution_report() fills it; `pool` is
 * borrowed for that. Changes nothing: may be called again. 0 or -ENOMEM, *out
 * then being NULL.
 */
int segmenter_report(const struct segmenter *g, struct page_pool *pool,
		     struct segment **out, size_t *n);

#endif
