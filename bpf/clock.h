/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reflector's clock: TAI in nanoseconds, and its PTP format on the wire.
 */
#ifndef XRTT_BPF_CLOCK_H
#define XRTT_BPF_CLOCK_H

#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "wire.h"

#define NS_PER_SECOND 1000000000ULL

/*
 * `has_tai` comes from rodata: where it is 0 the verifier drops the call, so a
 * kernel that has no such helper (6.1 brought it) never sees it. What the
 * helper returns is the same sum of the same reading, the offset being the
 * kernel's own (kernel/time/timekeeping.c: ktime_get_tai_fast_ns).
 */
static __always_inline __u64 clock_read(__u32 has_tai, __s64 tai_offset_ns)
{
	if (has_tai)
		return bpf_ktime_get_tai_ns();
	return bpf_ktime_get_ns() + tai_offset_ns;
}

static __always_inline struct stamp_time clock_to_ptp(__u64 ns)
{
	struct stamp_time time;
	__u64 seconds = ns / NS_PER_SECOND;

	barrier_var(seconds); /* or clang divides twice */
	time.seconds = bpf_htonl(seconds);
	time.fraction = bpf_htonl(ns - seconds * NS_PER_SECOND);
	return time;
}

#endif
