// SPDX-License-Identifier: GPL-2.0-only
#include "model/taimap.h"

void taimap_combine(const struct taimap_bracket *bracket, const int64_t *exact,
		    struct taimap *out)
{
	int64_t lo = bracket->tai - bracket->after;
	int64_t hi = bracket->tai - bracket->before;

	if (exact && *exact >= lo && *exact <= hi) {
		*out = (struct taimap){ .offset_ns = *exact };
		return;
	}
	out->offset_ns = lo + (hi - lo) / 2;
	out->error_ns = hi - out->offset_ns;
}
