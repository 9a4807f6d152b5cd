/* SPDX-License-Identifier: GPL-2.0-only */
#include "segment_noise.h"

#define MEMORY_S 0.5

const char *const noise_name[NOISES] = {
	"exponential", "correlated", "Pareto", "queue", "plateau",
};

int64_t series[SERIES_ROOM];

static double exponential(struct prng *prng)
{
	return -log(prng_unit(prng));
}

struct burst {
	double height, wander;
	double until, left; /* seconds */
};

/* A busy period every 5 s; most last 0.7 s, one in five is Pareto of index 1.2
 * from 0.1 s on. */
static double burst_next(struct prng *prng, struct burst *b, bool flat)
{
	double step = (double)INTERVAL_NS / 1e9, slow;

	if (b->left <= 0 && (b->until -= step) < 0) {
		b->left = 0.7 * exponential(prng);
		if (prng_below(prng, 5) == 0)
			b->left = 0.1 * pow(prng_unit(prng), -1 / 1.2);
		b->until = 5 * exponential(prng);
		b->height = b->wander = 20 + 40 * prng_unit(prng);
	}
	if (b->left <= 0)
		return 0;
	b->left -= step;
	slow = sqrt(step / 0.1) * 0.2 * b->height;
	b->wander = fabs(b->wander + slow * unit_normal(prng));
	return flat ? b->height * (1 + 0.02 * unit_normal(prng)) : b->wander;
}

void series_make(struct prng *prng, enum noise noise, int n)
{
	double phi = exp(-INTERVAL_NS / 1e9 / MEMORY_S);
	double z = unit_normal(prng);
	struct burst burst = { .until = 5 * exponential(prng) };

	for (int i = 0; i < n; i++) {
		double x = 0;

		z = phi * z + sqrt(1 - phi * phi) * unit_normal(prng);
		if (noise == NOISE_CORRELATED)
			x = -log(erfc(z / M_SQRT2) / 2);
		else if (noise == NOISE_PARETO)
			x = pow(prng_unit(prng), -1 / 1.2) - 1;
		else
			x = exponential(prng);
		if (noise == NOISE_QUEUE || noise == NOISE_PLATEAU)
			x += burst_next(prng, &burst, noise == NOISE_PLATEAU);
		series[i] = LEVEL_NS + llround(SCALE_NS * x);
	}
}

void series_shift(int from, int to, double by)
{
	for (int i = from; i < to; i++)
		series[i] += llround(by);
}

int series_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

double series_scatter(int n)
{
	int64_t min[SERIES_ROOM / BLOCK], middle;
	int blocks = n / BLOCK;

	for (int b = 0; b < blocks; b++) {
		min[b] = series[b * BLOCK];
		for (int i = b * BLOCK; i < (b + 1) * BLOCK; i++)
			min[b] = series[i] < min[b] ? series[i] : min[b];
	}
	qsort(min, blocks, sizeof(*min), series_compare);
	middle = min[blocks / 2];
	for (int b = 0; b < blocks; b++)
		min[b] = llabs(min[b] - middle);
	qsort(min, blocks, sizeof(*min), series_compare);
	return 1.4826 * (double)min[blocks / 2];
}
