/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the delay line's two halves (line.bpf.c and line*.c) share.
 *
 * Directions are numbered: 0 is ab (in at A, out at B), 1 is ba. Every map
 * that has a part for each direction holds direction 0 first. All times are
 * nanoseconds of CLOCK_MONOTONIC; 0 stands for "has not happened". When a frame
 * is due is the line's time: that same clock, or with --clock raw one that goes
 * at the rate of CLOCK_MONOTONIC_RAW, which no program here can read: user
 * space tells every millisecond where it is.
 */
#ifndef LINE_ABI_H
#define LINE_ABI_H

#include <linux/types.h>

#define LINE_SLOTS 4096u	   /* frames held at once, each direction */
#define LINE_ORDER 8192u	   /* departures: a duplicate needs two */
#define LINE_LANES 16u		   /* each direction; 0 is everybody's */
#define LINE_STEPS 8u		   /* holds of a lane, one after the other */
#define LINE_CELLS (1u << 17)	   /* planned frames, each direction */
#define LINE_FRAME_MAX 2048u	   /* bytes, Ethernet header included */
#define LINE_HEADER 128u	   /* bytes that are enough to parse */
#define LINE_PARK_NS 1000000000ull /* a swap waits that long for the next */
#define LINE_TICKS 64u		   /* so many ms may a reader be held up */
#define LINE_CONTROL 0xffffff00u   /* sequences from here are control */

enum line_action {
	LINE_PASS,
	LINE_DROP,
	LINE_DUP,
	LINE_COPY, /* the second of a dup, in the ledger only */
	LINE_SWAP,
	LINE_OVERFLOW, /* in the ledger only */
};

/* Where the line's clock was. */
struct line_tick {
	__u64 mono_ns;
	__u64 raw_ns;
	__u64 line_ns;
	__s64 gain; /* on CLOCK_MONOTONIC, in 2^-32 */
};

/* One writer, in user space, who sets `last` after its tick. */
struct line_clock {
	__u32 last;
	__u32 is_set;
	struct line_tick tick[LINE_TICKS];
};

/* What is to be done to the measured frame of this number. The jitter is also
 * used beyond the table, from the start again; the rest is not. */
struct line_cell {
	__u32 jitter_ns;
	__u32 hold_ns; /* more than the direction's hold */
	__u32 action;  /* enum line_action */
	__u32 pad;
};

/* One measured frame, or one copy of it. */
struct line_row {
	__u64 enter_ns;
	__u64 leave_ns;
	__u64 due_ns; /* the line's time until it has left */
	__u32 n;
	__u32 seq;
	__u16 port; /* of the sender's side; ICMP: identifier */
	__u8 action;
	__u8 pad[5];
};

struct line_slot {
	__u32 is_busy;
	__u32 len;
	__u8 data[LINE_FRAME_MAX + 256];
};

/* One departure. */
struct line_entry {
	__u64 due_ns;
	__u32 slot;
	__u32 row;     /* LINE_NO_ROW: not a measured frame */
	__u32 is_last; /* nothing else needs the slot */
	__u32 pad;
};

#define LINE_NO_ROW (~0u)

/* One direction's state. The entering hook is the only writer, but for what
 * follows apart, and for parked, which goes by compare and exchange. */
struct line_queue {
	__u64 park_until_ns;
	__u64 frames;	  /* entered, measured or not */
	__u64 overflowed; /* of these: no slot was free, or too long */
	__u64 unlogged;	  /* rows the ledger had no room for */
	__u64 completed;  /* checksums their sender had left to its NIC */
	__u32 measured;
	__u32 rows;
	__u32 next_slot;
	__u32 parked; /* slot + 1 of a swapped frame, 0 if none */
	__u32 park_row;
	__u8 header[LINE_HEADER * 2];
	__u8 apart[64]; /* keeps sent off the writer's cache line */
	__u64 sent;
	__u64 failed; /* left the ring but could not be sent */
};

/* Frames that leave in the order they came in, whatever those of other lanes
 * do. The entering hook writes the first two. */
struct line_lane {
	__u64 last_due_ns;
	__u32 head;
	__u8 apart[60];
	__u32 tail;
	__u8 end[52];
};

/* From so long after the first measured frame on, held so long. */
struct line_step {
	__u64 at_ns;
	__u64 hold_ns;
};

/* Set before loading. */
struct line_config {
	__u64 hold_ns[2];
	__u64 lie_ns;
	__u64 jitter_step_ns; /* 0: a cell a frame, else a cell a step */
	__u32 ifindex_out[2];
	__u32 len_max[2]; /* what the interface it leaves by can carry */
	__u32 rows;	  /* of the ledger, each direction */
	__u32 port;
	__u32 is_icmp_stamp;
	__u32 seq_at[2]; /* octets into a request's, a reply's payload */
	__u32 seq_len;	 /* the shortest payload that is measured */
	__u32 is_raw;	 /* the line's clock is told by user space */
	__u32 lanes;	 /* in use, lane 0 included */
	/* In order of time; the first is at 0. Lane 0 has none. */
	__u32 steps[2][LINE_LANES];
	struct line_step step[2][LINE_LANES][LINE_STEPS];
};

_Static_assert(sizeof(struct line_cell) == 16, "an array's element");
_Static_assert(sizeof(struct line_row) == 40, "an array's element");
_Static_assert(sizeof(struct line_entry) == 24, "an array's element");
_Static_assert(sizeof(struct line_lane) == 128, "two cache lines");

#endif
