// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>
#include "line.h"

#define BRACKETS 16
#define BASE 8u /* ticks over which the rate is taken */

static uint64_t raw_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void both_read(struct line_tick *tick)
{
	uint64_t narrowest = UINT64_MAX;

	for (int i = 0; i < BRACKETS; i++) {
		uint64_t before = line_clock_now();
		uint64_t raw = raw_now();
		uint64_t width = line_clock_now() - before;

		if (width >= narrowest)
			continue;
		narrowest = width;
		tick->mono_ns = before + width / 2;
		tick->raw_ns = raw;
	}
}

void line_clock_publish(struct line_clock *clock)
{
	uint32_t next = (clock->last + 1) & (LINE_TICKS - 1);
	const struct line_tick *last = &clock->tick[clock->last];
	const struct line_tick *base;
	struct line_tick tick = { 0 };
	int64_t passed;

	both_read(&tick);
	tick.line_ns = tick.mono_ns;
	if (clock->is_set) {
		base = &clock->tick[(next - BASE) & (LINE_TICKS - 1)];
		if (!base->mono_ns)
			base = last;
		tick.line_ns = last->line_ns + tick.raw_ns - last->raw_ns;
		passed = tick.mono_ns - base->mono_ns;
		tick.gain = (int64_t)((double)(int64_t)(tick.raw_ns -
							base->raw_ns - passed) /
				      (double)passed * 0x1p32);
	}
	clock->tick[next] = tick;
	clock->is_set = 1;
	__atomic_store_n(&clock->last, next, __ATOMIC_RELEASE);
}
