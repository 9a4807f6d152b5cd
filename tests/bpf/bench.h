/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reflector's programs on a bench: loaded, their door open to the frames'
 * source and local addresses, and run on crafted frames by BPF_PROG_TEST_RUN.
 */
#ifndef XRTT_TEST_BENCH_H
#define XRTT_TEST_BENCH_H

#include <stdint.h>
#include "door.h"
#include "frames.h"
#include "reflector.skel.h"

#define BENCH_ERROR 0x4a17 /* Error Estimate in the answers */
#define BENCH_STALE 0x7fff /* and once nobody has looked for an hour */

enum bench_hook {
	BENCH_XDP,
	BENCH_TC,
	BENCH_HOOKS,
};

enum bench_fate {
	BENCH_PASS,
	BENCH_DROP,
	BENCH_SEND,
	BENCH_STRANGE, /* a verdict that is none of the program's */
};

struct bench {
	struct reflector_bpf *skel;
	int fd[BENCH_HOOKS];
	uint64_t counters[DOOR_COUNTERS]; /* as bench_counted() last saw them */
	int no_link;
};

/* As the config before load but for port, error estimate and the clock. */
struct bench_setup {
	uint64_t token_ns;
	uint64_t burst_ns;
	int no_link;
	int no_tai; /* as on a kernel before 6.1: MONOTONIC + tai_offset_ns */
};

/* What to run, and what came of it. `flags` are BPF_PROG_TEST_RUN's. */
struct bench_run {
	struct frame in;
	struct frame out;
	uint32_t flags;
	uint32_t linear; /* BENCH_NON_LINEAR: octets in the linear part */
	uint32_t gso_size;
	uint32_t repeat;
	uint32_t duration_ns; /* mean */
	enum bench_fate fate;
};

/* linux/bpf.h has them from 6.11 and 6.19 on. */
#define BENCH_COMPLETE (1U << 2)
#define BENCH_NON_LINEAR (1U << 3)

/* Exits the test with a word where the machine or the privilege will not. */
void bench_open(struct bench *b, const struct bench_setup *setup);
void bench_close(struct bench *b);
/* 0, or the kernel's -errno. */
int bench_run(struct bench *b, enum bench_hook hook, struct bench_run *run);
/* The one counter that went up, by one, since the last call; -1 if none did,
 * -2 if that is not what happened. */
int bench_counted(struct bench *b);
void bench_allow(struct bench *b, const uint8_t address[16], uint32_t bits);
uint64_t bench_tai_ns(void);

/* cmocka fixtures: the state is a bench, its bench_setup all 0. */
int bench_set_up(void **state);
int bench_tear_down(void **state);

#endif
