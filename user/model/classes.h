/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which segments of which flows ran over paths of the same length, and how long
 * a path lasts.
 */
#ifndef XRTT_MODEL_CLASSES_H
#define XRTT_MODEL_CLASSES_H

#include "model/flows.h"

/*
 * Groups segments by complete linkage: no two of a class differ by more than
 * `bar_ns` and what their own levels are unsure by (below_ns). Fills
 * segment[].flow_class, and the classes, ascending by min_ns, in *out, *n of
 * them, to be released with classes_release(). 0 or -ENOMEM.
 */
int classes_group(struct flow_segment *segment, size_t segments, double bar_ns,
		  struct flow_class **out, size_t *n);

void classes_release(struct flow_class *class, size_t n);

#endif
