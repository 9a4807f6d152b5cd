/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The delay line's lanes: which one a frame takes, for how long, and the ring
 * of what waits in each. --paths gives ports lanes of their own, so that a
 * frame of a fast path never waits behind one of a slow path.
 */
#ifndef LINE_LANES_H
#define LINE_LANES_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "line_abi.h"

const volatile struct line_config config;

struct line_lane lanes[2 * LINE_LANES];
struct line_entry order[2 * LINE_LANES * LINE_ORDER];
__u8 lane_of_port[65536];
__u64 epoch_ns; /* the first measured frame's entering */

static __always_inline __u32 lane_key(__u32 dir, __u32 lane)
{
	return (dir * LINE_LANES + lane) & (2 * LINE_LANES - 1);
}

static __always_inline struct line_entry *lane_entry(__u32 key, __u32 number)
{
	return &order[key * LINE_ORDER + (number & (LINE_ORDER - 1))];
}

static __always_inline __u32 lane_of(__u16 port)
{
	return lane_of_port[port] & (LINE_LANES - 1);
}

/* Of a frame that enters at `now`. */
static __always_inline __u64 lane_hold(__u32 dir, __u32 lane, __u64 now)
{
	__u64 hold = config.hold_ns[dir & 1];
	__u64 since = epoch_ns && now > epoch_ns ? now - epoch_ns : 0;
	__u32 steps = config.steps[dir & 1][lane & (LINE_LANES - 1)];

	for (__u32 i = 0; i < LINE_STEPS && i < steps; i++) {
		const volatile struct line_step *step =
			&config.step[dir & 1][lane & (LINE_LANES - 1)][i];

		if (since >= step->at_ns)
			hold = step->hold_ns;
	}
	return hold;
}

static __always_inline void lane_push(__u32 key, const struct line_entry *e)
{
	struct line_lane *lane = &lanes[key];

	*lane_entry(key, lane->head) = *e;
	__sync_fetch_and_add(&lane->head, 1);
}

static __always_inline __u64 lane_due(__u32 key)
{
	struct line_lane *lane = &lanes[key];
	__u32 tail = lane->tail;

	if (*(volatile __u32 *)&lane->head == tail)
		return ~0ull;
	__sync_fetch_and_add(&lane->head, 0); /* orders it before the entry */
	return lane_entry(key, tail)->due_ns;
}

/* The lane of what is due next, and when. */
static __always_inline __u32 lane_next(__u64 *due_ns)
{
	__u32 next = 0;
	__u64 due;

	*due_ns = ~0ull;
	for (__u32 i = 0; i < LINE_LANES && i < config.lanes; i++) {
		for (__u32 dir = 0; dir < 2; dir++) {
			due = lane_due(lane_key(dir, i));
			if (due >= *due_ns)
				continue;
			*due_ns = due;
			next = lane_key(dir, i);
		}
	}
	return next;
}

#endif
