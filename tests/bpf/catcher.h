/* SPDX-License-Identifier: GPL-2.0-only */
/* What catcher.bpf.c keeps: the last CATCHER_FRAMES frames, round and round. */
#ifndef XRTT_TEST_CATCHER_H
#define XRTT_TEST_CATCHER_H

#include <linux/types.h>

#define CATCHER_FRAMES 256
#define CATCHER_OCTETS 512

/* 02:11:22:33:44:55, the source of frames.c's frames, as it lies: what the
 * kernel sends of its own accord is not of interest. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CATCHER_SOURCE 0x554433221102ULL
#else
#define CATCHER_SOURCE 0x0211223344550000ULL
#endif

struct caught_frame {
	__u64 at; /* CLOCK_MONOTONIC ns */
	__u32 length;
	__u32 reserved;
	__u8 octets[CATCHER_OCTETS];
};

#endif
