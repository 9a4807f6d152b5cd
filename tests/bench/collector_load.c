/* SPDX-License-Identifier: GPL-2.0-only */
#include "collector_load.h"

#include <math.h>
#include <string.h>

#define FAR_START_NS (1700000000 * NSEC_PER_SEC)
#define TIMEOUT_NS NSEC_PER_SEC

#define LEVEL_NS (62 * NSEC_PER_MSEC)
#define NOISE_NS 3000.0
#define NOISE_MEMORY 20000.0 /* probes */
#define ONE_IN_LOST 20000
#define ONE_IN_DOUBLE 10000
#define ONE_IN_DISORDER 1000000
#define ONE_IN_STOLEN 50000
#define BURST_MAX 64

void load_init(struct load *load, enum engine engine, uint64_t seed)
{
	prng_init(&load->prng, seed);
	load->engine = engine;
	/* What each engine reaches. */
	load->interval_ns = engine == ENGINE_BYPASS ? 600 : 10000;
}

bool load_is_answered(const struct sample *s)
{
	return s->status == PROBE_OK || s->status == PROBE_LATE;
}

static int64_t exponential(struct load *load, double mean)
{
	return llround(-mean * log(prng_unit(&load->prng)));
}

static bool one_in(struct load *load, uint64_t n)
{
	return !prng_below(&load->prng, n);
}

/* The path, both ways. */
static int64_t draw_path(struct load *load)
{
	static const int64_t shift[] = { -17000000, 4000000, -30000 };
	int64_t level = LEVEL_NS;

	for (int i = 0; i < 3; i++) {
		if (load->made >= load->planned / 4 * (i + 1))
			level += shift[i];
	}
	load->noise += (2 * prng_unit(&load->prng) - 1) * NOISE_NS /
			       sqrt(NOISE_MEMORY) -
		       load->noise / NOISE_MEMORY;
	level += llround(fabs(load->noise)) + exponential(load, NOISE_NS);
	if (one_in(load, load->one_in_tail))
		level += prng_below(&load->prng, NSEC_PER_SEC - level);
	return level;
}

static void stamp(struct sample *s, enum stamp which, int64_t *at, int64_t by)
{
	*at += by;
	sample_set(s, which, (mono_t){ *at });
}

/* A stage in a host: mostly quick, now and then a scheduler's tick. */
static int64_t draw_stage(struct load *load, double mean)
{
	int64_t ns = mean / 2 + exponential(load, mean / 2);

	return one_in(load, 1000) ? ns + exponential(load, 500000) : ns;
}

static void draw_answer(struct load *load, struct sample *s, int64_t at)
{
	int64_t remote = draw_stage(load, 400), path = draw_path(load);
	int64_t there = at + path / 2;

	s->has_reflector_seq = true;
	s->reflector_seq = load->numbered++;
	s->remote_rx.ns = FAR_START_NS + there;
	s->remote_tx.ns = s->remote_rx.ns + remote;
	s->have |= 1u << STAMP_REMOTE_RX | 1u << STAMP_REMOTE_TX;
	s->ttl = 255;
	s->remote_ttl = 255;
	stamp(s, STAMP_XDP_RX, &at, path + remote);
	if (load->engine == ENGINE_SOCKET) {
		stamp(s, STAMP_TC_RX, &at, draw_stage(load, 1300));
		stamp(s, STAMP_SOCK_RX, &at, draw_stage(load, 1300));
		stamp(s, STAMP_APP_RX, &at, draw_stage(load, 9800));
	}
	s->status = path > TIMEOUT_NS ? PROBE_LATE : PROBE_OK;
	s->duplicate_forward = one_in(load, ONE_IN_DOUBLE);
	load->numbered += s->duplicate_forward;
	s->duplicate_return = one_in(load, ONE_IN_DOUBLE);
	if (s->duplicate_forward || s->duplicate_return)
		s->flags |= SAMPLE_DUPLICATE;
	if (one_in(load, ONE_IN_DISORDER))
		s->flags |= SAMPLE_DISORDER;
	if (one_in(load, ONE_IN_STOLEN))
		s->flags |= SAMPLE_STOLEN;
}

static void draw_probe(struct load *load, struct sample *s)
{
	int64_t at = LOAD_START_NS + (int64_t)load->made * load->interval_ns;

	memset(s, 0, sizeof(*s));
	s->seq = load->made;
	s->engine = load->engine;
	s->due.ns = at;
	s->status = PROBE_LOST;
	s->ttl = s->remote_ttl = -1;
	if (load->engine == ENGINE_SOCKET) {
		stamp(s, STAMP_APP_TX, &at, draw_stage(load, 2000));
		stamp(s, STAMP_TC_TX, &at, draw_stage(load, 3600));
		stamp(s, STAMP_DRV_TX, &at, draw_stage(load, 900));
	} else {
		stamp(s, STAMP_DRV_TX, &at, draw_stage(load, 200));
	}
	if (!load->losing && one_in(load, ONE_IN_LOST))
		load->losing = 1 + prng_below(&load->prng, BURST_MAX);
	if (!load->losing) {
		draw_answer(load, s, at);
	} else {
		/* Half of the bursts' probes are lost on the way back. */
		load->numbered += prng_below(&load->prng, 2);
		load->losing--;
	}
	load->made++;
}

void load_fill(struct load *load, struct sample *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		draw_probe(load, &out[i]);
	/* Some overtake their neighbour on the way there. */
	for (size_t i = 0; i + 1 < n; i++) {
		uint32_t first = out[i].reflector_seq;

		if (!load_is_answered(&out[i]) ||
		    !load_is_answered(&out[i + 1]) || !one_in(load, 500))
			continue;
		out[i].reflector_seq = out[i + 1].reflector_seq;
		out[i + 1].reflector_seq = first;
	}
}
