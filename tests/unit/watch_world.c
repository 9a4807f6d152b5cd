/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch_world.h"

#define BUSY_LEAST_S 0.1
#define BUSY_MOST_S 5

static double exponential(struct prng *prng)
{
	return -log(prng_unit(prng));
}

double world_log_uniform(struct prng *prng, double lo, double hi)
{
	return lo * pow(hi / lo, prng_unit(prng));
}

int world_runs(int otherwise)
{
	const char *set = getenv("XRTT_RUNS");

	return set ? atoi(set) : otherwise;
}

void world_noise_begin(struct prng *prng, struct world_noise *noise)
{
	noise->until_s = noise->every_s * exponential(prng);
	noise->left_s = 0;
}

static void busy_begin(struct prng *prng, struct world_noise *n)
{
	n->left_s = world_log_uniform(prng, BUSY_LEAST_S, BUSY_MOST_S);
	n->until_s = n->left_s + n->every_s * exponential(prng);
	n->low_ns = prng_unit(prng) < 0.5 ? n->floor_ns * prng_unit(prng) : 0;
	n->mean_ns = n->queue_ns * prng_unit(prng);
	n->returning = prng_unit(prng) < 0.5;
}

/* Whoever is busy is so for its whole time, whether probed or not. */
static void noise_pass(struct prng *prng, struct world_noise *n, double s)
{
	if (n->every_s == 0)
		return;
	while (s >= n->until_s) {
		s -= n->until_s;
		busy_begin(prng, n);
	}
	n->until_s -= s;
	n->left_s -= s;
}

void world_flow_begin(struct world_flow *f, struct prng *prng)
{
	f->prng = prng;
	f->sent = 0;
	f->begun_s = f->interval_s * prng_unit(prng);
	world_noise_begin(prng, &f->noise);
}

static double noise_draw(struct world_flow *f, double *back)
{
	const struct world_noise *n = &f->noise;
	double own = n->scale_ns * (pow(prng_unit(f->prng), -1 / n->index) - 1);
	double queue = 0;

	*back = prng_unit(f->prng) < 0.5 ? own : 0;
	f->busy = n->left_s > 0;
	if (f->busy)
		queue = n->low_ns + n->mean_ns * exponential(f->prng);
	if (n->returning)
		*back += queue;
	return own + queue;
}

struct watch_sample world_flow_next(struct world_flow *f)
{
	double at_s, back, forward = f->level_ns / 2, returned = forward;
	struct watch_sample s = { .has_ways = true };
	double instrument;

	do {
		noise_pass(f->prng, &f->noise, f->interval_s);
		f->sent++;
	} while (prng_unit(f->prng) < WORLD_LOSS);
	at_s = f->begun_s + (double)(f->sent - 1) * f->interval_s;
	for (size_t i = 0; i < f->shifts && at_s >= f->shift[i].at_s; i++)
		*(f->shift[i].returning ? &returned : &forward) +=
			f->shift[i].by_ns;
	f->excess_ns = noise_draw(f, &back);
	instrument = f->offset_ns + f->jitter_ns * prng_unit(f->prng);
	forward += f->excess_ns - back + instrument / 2;
	returned += back + instrument / 2;
	f->excess_ns += instrument;
	s.at_ns = llround(at_s * 1e9);
	s.network_ns = llround(forward + returned);
	s.forward_ns = llround(forward + at_s * 1e9 * f->drift + 1e15);
	s.return_ns = llround(returned - at_s * 1e9 * f->drift - 1e15);
	return s;
}
