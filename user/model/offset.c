// SPDX-License-Identifier: GPL-2.0-only
#include "model/offset.h"

#include <errno.h>

static const struct offset_bounds all = { INT64_MIN, INT64_MAX };
static const struct offset_bounds none = { INT64_MAX, INT64_MIN };

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void widen(struct offset_bounds *hull, const struct offset_bounds *by)
{
	hull->lo_ns = least(hull->lo_ns, by->lo_ns);
	hull->hi_ns = most(hull->hi_ns, by->hi_ns);
}

void offset_init(struct offset *o)
{
	o->exchanges = 0;
	o->all = all;
	for (int i = 0; i < 64; i++)
		o->hull[i] = none;
}

void offset_note(struct offset *o, mono_t before, int64_t stamp_ns,
		 mono_t after)
{
	struct offset_bounds one = { stamp_ns - after.ns,
				     stamp_ns - before.ns };
	int size = 63 - __builtin_clzll((uint64_t)(after.ns - before.ns) | 1);

	o->exchanges++;
	o->all.lo_ns = most(o->all.lo_ns, one.lo_ns);
	o->all.hi_ns = least(o->all.hi_ns, one.hi_ns);
	widen(&o->hull[size], &one);
}

int offset_judge(const struct offset *o, struct offset_bounds *out)
{
	int size = 0;

	*out = o->all;
	if (!o->exchanges)
		return -ETIME;
	if (o->all.lo_ns <= o->all.hi_ns)
		return 0;
	*out = none;
	while (o->hull[size].lo_ns > o->hull[size].hi_ns)
		size++;
	for (int i = size; i < 64 && i <= size + 2; i++)
		widen(out, &o->hull[i]);
	return -ERANGE;
}
