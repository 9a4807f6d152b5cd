/* SPDX-License-Identifier: GPL-2.0-only */
/* The slots (include/slot.h): one map that the prober's hooks and the bypass
 * engine's sender share. User space sets its size before load. */
#ifndef XRTT_BPF_SLOTS_H
#define XRTT_BPF_SLOTS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "slot.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

#endif
