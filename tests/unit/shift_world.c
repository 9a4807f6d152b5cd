// SPDX-License-Identifier: GPL-2.0-only
#include "shift_world.h"

static int compare_values(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int shift_compare_delays(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double shift_simulate(struct shift_world *w, const struct shift_draws *draws)
{
	size_t k = ceil(w->p * (double)w->n - 1e-9);

	for (size_t i = 0; i < w->n; i++) {
		w->pure[i] = llrint(5e7 + draws->pure(w));
		w->value[i] =
			w->pure[i] + llrint(draws->delay(&w->prng, w->kind));
	}
	for (size_t i = 0; i < DELAYS; i++)
		w->delay[i] = draws->delay(&w->prng, w->kind);
	qsort(w->pure, w->n, sizeof(*w->pure), compare_values);
	qsort(w->value, w->n, sizeof(*w->value), compare_values);
	qsort(w->delay, DELAYS, sizeof(*w->delay), shift_compare_delays);
	return (double)(w->value[k - 1] - w->pure[k - 1]);
}

int shift_sweep(struct shift_world *w, int whats, int kinds,
		bool (*holds)(struct shift_world *w))
{
	int failed = 0;

	for (w->what = 0; w->what < whats; w->what++)
		for (w->kind = 0; w->kind < kinds; w->kind++)
			for (int tail = 0; tail < 2; tail++) {
				w->p = tail ? 0.99 : 0.5;
				w->n = tail ? VALUES_MAX : 500;
				failed += !holds(w);
			}
	return failed;
}
