// SPDX-License-Identifier: GPL-2.0-only
#include "hwclock_truth.h"

#include "unit.h"

int64_t nic_at(const struct truth *t, int64_t mono)
{
	size_t i = (size_t)(mono / STEP_NS);
	double ns;

	if (i >= READINGS)
		i = READINGS - 1;
	ns = t->nic[i] +
	     (double)(mono - (int64_t)i * STEP_NS) * (1 + t->rate[i] * 1e-6);
	return llround(ns + (mono >= t->step_at ? t->step : 0));
}

void truth_make(struct truth *t, struct prng *prng, double wander)
{
	double rate = 40 * unit_normal(prng);

	*t = (struct truth){ .step_at = INT64_MAX };
	t->nic[0] = 1e15 * prng_unit(prng);
	for (size_t i = 0; i < READINGS; i++) {
		t->rate[i] = rate;
		rate += wander * unit_normal(prng);
		if (i + 1 < READINGS)
			t->nic[i + 1] =
				t->nic[i] + STEP_NS * (1 + t->rate[i] * 1e-6);
	}
}

double reading_add(struct hwclock *c, const struct truth *t, int64_t mono,
		   const struct bracket *b)
{
	const struct hwclock_reading r = {
		.before = { mono - llround(b->width * b->where) },
		.after = { mono + llround(b->width * (1 - b->where)) },
		.nic = { nic_at(t, mono) },
	};

	assert_int_equal(hwclock_add(c, &r), 0);
	return b->width / 2;
}
