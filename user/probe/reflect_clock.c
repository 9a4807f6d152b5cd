// SPDX-License-Identifier: GPL-2.0-only
#include "probe/reflect_clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/clock.h"
#include "host/feature.h"
#include "host/tai.h"
#include "model/stamptime.h"
#include "wire.h"

/* Scale and Multiplier at their largest: 17000 years. */
#define NOTHING_KNOWN \
	(STAMP_ERROR_PTP | STAMP_ERROR_SCALE_MASK << STAMP_ERROR_SCALE_SHIFT | \
	 STAMP_ERROR_MULTIPLIER_MASK)

/* An answer takes a few us; longer if its CPU is taken away. */
#define ANSWERS_GONE_NS NSEC_PER_MSEC

#define TRIES 8

struct reading {
	mono_t from; /* no step since */
	struct taimap map;
	int64_t error_ns;
	bool synchronised;
};

int reflect_clock_choose(enum reflect_clock wanted, uint32_t *has_tai,
			 struct fallback *step)
{
	char why[FALLBACK_WHY];
	int err = 0;

	*has_tai = false;
	if (wanted == REFLECT_CLOCK_OFFSET)
		return 0;
	err = feature_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_ktime_get_tai_ns);
	*has_tai = !err;
	if (!err || err == -EPERM || err == -EACCES)
		return err;
	if (wanted == REFLECT_CLOCK_TAI)
		return -EOPNOTSUPP;
	if (err == -EINVAL)
		snprintf(why, sizeof(why),
			 "this kernel has no bpf_ktime_get_tai_ns (Linux 6.1 "
			 "has)");
	else
		snprintf(why, sizeof(why),
			 "no program with bpf_ktime_get_tai_ns loads: %s",
			 strerror(-err));
	fallback_set(step, "TAI", "MONOTONIC + offset", why);
	return 0;
}

/* Offset and error of one and the same clock: no step came between them. */
static void reading_take(struct reading *out)
{
	struct taimap after;

	out->from = mono_now();
	tai_read(&out->map);
	for (int i = 0; i < TRIES; i++) {
		int64_t moved;

		out->error_ns = clock_error_ns(&out->synchronised);
		tai_read(&after);
		moved = after.offset_ns - out->map.offset_ns;
		if (moved <= after.error_ns + out->map.error_ns &&
		    -moved <= after.error_ns + out->map.error_ns)
			return;
		out->from = mono_now();
		out->map = after;
	}
	out->synchronised = false;
}

static void pause_for(int64_t ns)
{
	const struct timespec ts = { .tv_nsec = ns };

	nanosleep(&ts, NULL);
}

/* Nothing is claimed while some answers have the one and some the other. */
static void offset_set(volatile struct reflector_clock *known, int64_t offset)
{
	known->error = NOTHING_KNOWN;
	pause_for(ANSWERS_GONE_NS);
	known->tai_offset_ns = offset;
	pause_for(ANSWERS_GONE_NS);
}

void reflect_clock_refresh(volatile struct reflector_clock *known,
			   uint32_t has_tai)
{
	struct reading now;

	reading_take(&now);
	known->stale = NOTHING_KNOWN;
	known->lease_ns = REFLECT_CLOCK_LEASE_NS;
	if (!has_tai && known->tai_offset_ns != now.map.offset_ns)
		offset_set(known, now.map.offset_ns);
	if (!has_tai)
		now.error_ns += now.map.error_ns;
	/* Answers under way were received after that, but before this. */
	known->from_ns = now.from.ns + now.map.offset_ns;
	known->error = stamptime_encode_error(span_ns(now.error_ns)) |
		       STAMP_ERROR_PTP |
		       (now.synchronised ? STAMP_ERROR_SYNC : 0);
}
