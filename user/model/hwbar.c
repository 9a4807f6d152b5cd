// SPDX-License-Identifier: GPL-2.0-only
#include "model/hwbar.h"

#include <math.h>
#include <string.h>

#define ONE_IN 200

void hwbar_init(struct hwbar *b)
{
	memset(b, 0, sizeof(*b));
}

/* The last class holds what its upper end is not below. */
static size_t class_of(span_t bar)
{
	double octaves = bar.ns > 1 ? log2((double)bar.ns) : 0;
	size_t which = ceil(octaves * HWBAR_OCTAVE);

	return which < HWBAR_CLASSES ? which : HWBAR_CLASSES - 1;
}

void hwbar_add(struct hwbar *b, span_t bar)
{
	b->n++;
	b->in_class[class_of(bar)]++;
	if (bar.ns > b->max.ns)
		b->max = bar;
}

double hwbar_most(const struct hwbar *b)
{
	uint64_t above = b->n;

	for (size_t i = 0; i < HWBAR_CLASSES && b->n; i++) {
		above -= b->in_class[i];
		if (above <= b->n / ONE_IN)
			return fmin(exp2((double)i / HWBAR_OCTAVE),
				    (double)b->max.ns);
	}
	return 0;
}
