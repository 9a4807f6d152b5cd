/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/watch_parts.h"

/* 95 % of F with 2 and 2 (n - 1) degrees of freedom, from n = 2 on. */
static const double reach[WATCH_LEAST - 1] = { 19,   6.94, 5.14, 4.46, 4.10,
					       3.89, 3.74, 3.63, 3.55 };

void watch_least_add(struct watch_least *least, int64_t value_ns)
{
	size_t i;

	if (least->n == WATCH_LEAST) {
		if (value_ns >= least->value_ns[WATCH_LEAST - 1])
			return;
		least->n--;
	}
	for (i = least->n; i && least->value_ns[i - 1] > value_ns; i--)
		least->value_ns[i] = least->value_ns[i - 1];
	least->value_ns[i] = value_ns;
	least->n++;
}

int64_t watch_least_below(const struct watch_least *least)
{
	const int64_t *v = least->value_ns;
	double below;

	if (!least->n)
		return 0;
	if (least->n == 1)
		return v[0];
	below = reach[least->n - 2] * (double)(v[least->n - 1] - v[0]) /
		(double)(least->n - 1);
	return below < (double)v[0] ? (int64_t)below : v[0];
}
