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
 * `bar_ns` and what the higher's level is unsure by (below_ns). Those that are
 * unsure by more than the bar come last, the surest first, each to the nearest
 * class that will have it. The segments are by flow, then time, so that a
 * flow's first was not seen to begin, and its last not to end. Fills
 * segment[].flow_class, and the classes, ascending by min_ns, in *out, *n of
 * them, to be released with classes_release(). 0 or -ENOMEM.
 */
int classes_group(struct flow_segment *segment, size_t segments, double bar_ns,
		  struct flow_class **out, size_t *n);

void classes_release(struct flow_class *class, size_t n);

#endif
